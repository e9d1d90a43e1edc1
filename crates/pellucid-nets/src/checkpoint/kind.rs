//! The kinds of weight files there are.

use super::clip::ClipConfig;
use super::depth::DepthConfig;
use super::unet::UnetConfig;
use super::upscaler::UpscalerConfig;
use super::vae::VaeConfig;

/// What a weight file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A whole model in one file: UNet, and autoencoder and text encoders where it has them.
    Checkpoint {
        /// The family of the UNet.
        family: Family,
        /// What the UNet predicts.
        prediction: Prediction,
        /// The UNet.
        unet: UnetConfig,
        /// The autoencoder; `None` if the file has none.
        vae: Option<VaeConfig>,
        /// The text encoders that the file has.
        clips: Vec<ClipConfig>,
    },
    /// A UNet alone.
    Unet {
        /// The family of the UNet.
        family: Family,
        /// What the UNet predicts.
        prediction: Prediction,
        /// How its tensors are named.
        layout: Layout,
        /// The UNet.
        unet: UnetConfig,
    },
    /// An autoencoder alone.
    Vae {
        /// How its tensors are named.
        layout: Layout,
        /// The autoencoder.
        vae: VaeConfig,
    },
    /// One text encoder, or several in one file.
    TextEncoder {
        /// The encoders.
        clips: Vec<ClipFile>,
    },
    /// A ControlNet.
    ControlNet {
        /// The family it belongs to.
        family: Family,
        /// How its tensors are named; `Ldm` stands for the names of ControlNet's authors.
        layout: Layout,
        /// The half of a UNet in it.
        unet: UnetConfig,
        /// Channels of the hint picture: 3.
        hint_channels: usize,
        /// How many sorts of pictures a union ControlNet serves; `None` for one that serves one sort.
        sorts: Option<usize>,
    },
    /// Patches of the LoRA kind.
    Lora(LoraSummary),
    /// Word vectors for a prompt: the encoders they are for and their number.
    TextualInversion {
        /// Vectors for CLIP-L; for SD1.5 files the only ones.
        vectors: usize,
        /// Width of one vector for CLIP-L, or of the only kind there is.
        width: usize,
        /// Whether there are vectors for bigG too.
        for_sdxl: bool,
    },
    /// A patch of LayerDiffuse for a UNet (`key::type::index`).
    LayerPatch {
        /// The family it belongs to, where its keys tell: the first convolution is alike in all.
        family: Option<Family>,
        /// Which of the released ones.
        which: LayerModel,
        /// Channels of the UNet's input after the patch; `None` if the patch leaves them alone.
        in_channels: Option<usize>,
    },
    /// LayerDiffuse for SD1.5: adapters that let frames attend to each other.
    AttentionSharing(AttentionSharing),
    /// LayerDiffuse's decoder from picture and latent to colour and alpha.
    TransparencyDecoder,
    /// LayerDiffuse's encoder from colour and alpha to an offset of the latent.
    TransparencyEncoder,
    /// A network that tells how near things are.
    DepthEstimator(DepthConfig),
    /// A network that makes pictures larger.
    Upscaler(UpscalerConfig),
    /// Offsets of a diffusers UNet's weights, as LayerDiffuse for diffusers has them.
    DiffusersOffsets {
        /// Which of the two released ones.
        which: LayerModel,
    },
    /// Nothing we know.
    Unknown,
}

/// A line of models that share text encoders, latents and the shape of conditioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Stable Diffusion 1.x.
    Sd15,
    /// Stable Diffusion 2.x.
    Sd2,
    /// Stable Diffusion XL, base.
    Sdxl,
    /// Stable Diffusion XL, refiner.
    SdxlRefiner,
}

/// What a UNet predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    /// The noise.
    Eps,
    /// The velocity.
    V {
        /// Whether the noise schedule ends in pure noise.
        zero_snr: bool,
    },
}

/// How tensors are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The names of the original "latent diffusion" code.
    Ldm,
    /// The names of the diffusers library.
    Diffusers,
}

/// A text encoder in a file of text encoders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipFile {
    /// What stands before each of its keys, with the dot.
    pub prefix: String,
    /// Whether the names are open_clip's instead of Hugging Face's.
    pub open_clip: bool,
    /// The encoder.
    pub clip: ClipConfig,
}

/// What a LoRA file has patches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoraSummary {
    /// The family, if the keys tell.
    pub family: Option<Family>,
    /// Patched layers of the UNet.
    pub unet_layers: usize,
    /// Patched layers of the text encoders.
    pub text_layers: usize,
}

/// The released LayerDiffuse models, as far as keys and shapes tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerModel {
    /// Transparent pictures, the attention variant.
    TransparentAttention,
    /// Transparent pictures, the convolution variant.
    TransparentConvolution,
    /// From a foreground, or from a background, to the blended picture; both have the same shapes.
    OneToBlended,
    /// From foreground and blended picture to the background.
    ForegroundBlendedToBackground,
    /// From background and blended picture to the foreground.
    BackgroundBlendedToForeground,
}

/// The shape of an attention-sharing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionSharing {
    /// Pictures made together: 1 for transparent pictures, 2 with a condition, 3 for all layers.
    pub frames: usize,
    /// Rank of the adapters.
    pub rank: usize,
    /// Whether a picture conditions it (foreground to background or the other way round).
    pub control: bool,
    /// Attention layers with adapters.
    pub layers: usize,
}
