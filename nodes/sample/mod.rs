//! Samplers and their schedules.

pub mod ksampler;
pub mod ksampler_advanced;
mod levels;
pub mod sample_levels;
pub mod schedule;
pub mod schedule_exponential;
pub mod schedule_flip;
pub mod schedule_karras;
pub mod schedule_split;
mod settings;
