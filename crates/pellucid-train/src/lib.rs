//! Training latent transparency, and the small models we ship.

pub mod adam;
pub mod addition;
pub mod autoencoder;
pub mod base;
pub mod batch;
pub mod config;
pub mod curve;
pub mod data;
pub mod denoiser;
pub mod discriminator;
pub mod error;
pub mod files;
pub mod judge;
pub mod latents;
pub mod losses;
pub mod measure;
pub mod noising;
pub mod pack;
pub mod parameters;
pub mod random;
pub mod run;
pub mod sampling;
pub mod shards;
pub mod state;
pub mod transparency;
pub mod vocabulary;

pub use candle_core::Device;
pub use error::TrainError;
