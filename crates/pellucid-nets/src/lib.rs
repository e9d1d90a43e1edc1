//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod guidance;
pub mod noise;
pub mod sample;
pub mod schedule;
