//! Latents, and the way between them and pictures.

pub mod decode_latent;
pub mod empty_latent;
pub mod encode_image;
