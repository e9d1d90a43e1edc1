//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod blocks;
pub mod controlnet;
pub mod layer_diffuse;
pub mod patch;
pub mod unet;
pub mod vae;
pub mod weights;

pub use weights::{Weights, WeightsError};
