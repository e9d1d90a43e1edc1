//! From recipes and prompts on wires to latents and pictures.
//!
//! Values on wires say *what* is to be computed: files, patches, encoded prompts, pictures. This
//! crate opens the files, merges what is patched, keeps networks loaded, and computes.

mod array;
mod codec;
mod compute;
mod denoise;
mod depth;
mod describe;
mod error;
mod facts;
mod files;
mod model;
mod regions;
mod sample;
mod text;
mod upscale;
mod vae;

pub use codec::{Decoding, Harm, LayerStep, decode_layers, encode_layers, harmlessness};
pub use compute::{Computing, open_device};
pub use depth::{DepthFact, depth_fact, depth_size, nearness};
pub use describe::{Description, describe};
pub use error::DiffusionError;
pub use facts::{
    NetworksFact, codec_fact, controlnet_fact, embedding_fits, lora_fits, networks_fact,
    patch_fact, sharing_fact,
};
pub use files::{Networks, inspection, networks, open, what_is};
pub use pellucid_nets::interpolate::bilinear;
pub use sample::{Sampled, Sampling, SamplingStep, discretisation, sample};
pub use text::{PromptText, encode_prompt};
pub use upscale::{UpscalerFact, upscale, upscaler_fact};
pub use vae::{TiledSize, decode_latent, encode_image, read_latent};
