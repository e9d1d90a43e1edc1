//! What a weight file is, told from its keys and shapes alone, never from its name.

mod clip;
mod depth;
mod diffusers;
mod inspect;
mod kind;
mod parts;
mod shapes;
mod special;
mod unet;
mod upscaler;
mod vae;

pub use clip::{ClipConfig, ClipKind, clip_config, clip_layout};
pub use depth::{DepthConfig, PATCH, depth_config, depth_layout};
pub use diffusers::{ldm_unet, ldm_vae, unet_names};
pub use inspect::{Inspection, inspect, inspect_file};
pub use kind::{
    AttentionSharing, ClipFile, Family, FileKind, LayerModel, Layout, LoraSummary, Prediction,
};
pub use parts::{Parts, parts};
pub use shapes::Shapes;
pub use unet::{Heads, UnetConfig, UnetLevel, controlnet_layout, unet_config, unet_layout};
pub use upscaler::{UpscalerConfig, UpscalerNames, upscaler_config, upscaler_layout};
pub use vae::{VaeConfig, vae_config, vae_layout};

pub(crate) use unet::SORT_SINUSOIDS;
