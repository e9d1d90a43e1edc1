//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod patch;
pub mod weights;

pub use weights::{Weights, WeightsError};
