//! Steering by pictures.

pub mod apply_controlnet;
pub mod depth_estimate;
pub mod depth_from_alpha;
