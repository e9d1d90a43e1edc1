//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod checkpoint;
pub mod patch;
pub mod text;
pub mod weights;

pub use weights::{Weights, WeightsError};
