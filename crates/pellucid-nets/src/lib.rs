//! Networks, checkpoints, weight patches, samplers, schedules, noise.

pub mod noise;
