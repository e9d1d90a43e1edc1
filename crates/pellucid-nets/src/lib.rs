//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod blocks;
pub mod checkpoint;
pub mod controlnet;
pub mod guidance;
pub mod interpolate;
pub mod layer_diffuse;
pub mod noise;
pub mod patch;
pub mod sample;
pub mod schedule;
pub mod text;
pub mod unet;
pub mod vae;
pub mod weights;

pub use weights::{Weights, WeightsError};
