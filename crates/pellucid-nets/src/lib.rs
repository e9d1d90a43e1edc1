//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod blocks;
pub mod checkpoint;
pub mod controlnet;
pub mod depth;
pub mod guidance;
pub mod interpolate;
pub mod layer_diffuse;
pub mod noise;
pub mod patch;
pub mod sample;
pub mod schedule;
pub mod text;
mod tiles;
pub mod unet;
pub mod upscale;
pub mod vae;
pub mod weights;

pub use weights::{Weights, WeightsError};
