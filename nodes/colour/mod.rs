//! Colour correction. Straight colour changes, alpha never does.

pub mod contrast;
pub mod exposure;
pub mod grade;
pub mod greyscale;
pub mod hue_saturation;
pub mod invert;
pub mod levels;
pub mod match_colour;
