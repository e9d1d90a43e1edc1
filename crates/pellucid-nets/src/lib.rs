//! Networks, checkpoints, weight patches, samplers, schedules, noise.
