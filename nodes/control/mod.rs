//! Steering by pictures.

pub mod apply_controlnet;
