//! Steering by pictures.

pub mod apply_controlnet;
pub mod controlnet_sort;
pub mod depth_estimate;
pub mod depth_from_alpha;
