//! The denoising UNet of Stable Diffusion 1.5 and XL.
//!
//! Keys are those of the original checkpoints (`input_blocks.0.0.weight`, …);
//! [`ldm_unet`](crate::checkpoint::ldm_unet) gives them for the diffusers layout. Formulas: Rombach et al., "High-Resolution Image Synthesis with
//! Latent Diffusion Models", and Podell et al., "SDXL".

mod attention;
mod config;
mod encoder;
mod free_u;
mod hook;
mod network;
mod residual;
mod size_vector;
mod transformer;

pub use crate::checkpoint::{Heads, UnetConfig, UnetLevel};
pub use attention::{Attention, LowRank, LowRankSet};
pub(crate) use encoder::{Encoder, EncoderInput};
pub use free_u::FreeU;
pub use hook::{AttentionCall, AttentionHook, AttentionSite, Block, Hooks, Next, Role};
pub use network::{ControlResiduals, Unet, UnetInput};
pub use residual::{Downsample, ResidualBlock, Upsample};
pub use size_vector::{SIZE_WIDTH, SizeConditioning, size_vector};
pub(crate) use transformer::Surroundings;
pub use transformer::{FeedForward, SpatialTransformer, TransformerBlock};
