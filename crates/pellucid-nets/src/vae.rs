//! The autoencoder between pictures and latents of Stable Diffusion 1.5 and XL.
//!
//! Keys are those of the original checkpoints (`encoder.conv_in.weight`, …); [`ldm_vae`](crate::checkpoint::ldm_vae)
//! gives them for the diffusers layout. Esser et al., "Taming Transformers", and Rombach et al.

mod blocks;
mod config;
mod decoder;
mod encoder;
mod framing;
mod latent_format;
mod network;
mod tiled;

pub use crate::checkpoint::VaeConfig;
pub use blocks::{VaeAttention, VaeDownsample, VaeResidualBlock, VaeUpsample};
pub use framing::{crop_to_multiple, cut, pad_to_multiple, picture_of_signal, signal_of_picture};
pub use latent_format::LatentFormat;
pub use network::{Posterior, Vae};
pub use tiled::{Tile, Tiling, decode_pass, decode_tiled, encode_tiled};
