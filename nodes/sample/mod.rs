//! Samplers and their schedules.

pub mod ksampler;
mod settings;
