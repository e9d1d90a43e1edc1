//! Models as recipes: base files and what is done to them. Merging and loading happen where they
//! are computed with, once.

use std::fmt;
use std::sync::Arc;

use pellucid_pixel::Image;

use crate::{Conditioning, WeightFile};

/// A line of models that share text encoders, latents and the shape of conditioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

impl Family {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sd15 => "SD1.5",
            Self::Sd2 => "SD2",
            Self::Sdxl => "SDXL",
            Self::SdxlRefiner => "SDXL refiner",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a network predicts, and the noise levels it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prediction {
    /// The noise.
    Epsilon,
    /// The velocity; with `zero_snr` the levels end in pure noise.
    Velocity {
        /// Whether the levels end in pure noise.
        zero_snr: bool,
    },
}

/// When something takes part, as parts of the way from noise (0) to picture (1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Where it begins.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
}

impl Window {
    /// From beginning to end.
    pub const WHOLE: Self = Self { start: 0.0, end: 1.0 };
}

/// A denoising network: base files and what is done to them, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What is known of it.
    pub fact: ModelFact,
    /// The files the network is in, each part of one network.
    pub files: Arc<[WeightFile]>,
    /// What is done to it, in order.
    pub steps: Arc<[ModelStep]>,
}

/// What is known of a model before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelFact {
    /// Its line.
    pub family: Family,
    /// What it predicts.
    pub prediction: Prediction,
    /// Channels of its input, those that patches added included: 4, 8, 9 or 12.
    pub in_channels: u32,
    /// Frames that it draws together: 0 unless attentions are shared.
    pub frames: u32,
    /// Bytes of its weights once loaded.
    pub bytes: u64,
}

/// Something done to a model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelStep {
    /// Weights of a LoRA or of one of its relatives are added.
    Lora {
        /// The file.
        file: WeightFile,
        /// How much of it.
        strength: f64,
    },
    /// A layer patch (`key::type::index`) is added, within a window; outside of it the model is as
    /// if this step were not there.
    LayerPatch {
        /// The file.
        file: WeightFile,
        /// How much of it, 1 as trained.
        weight: f64,
        /// When it takes part.
        window: Window,
    },
    /// Offsets in diffusers names are added.
    Offsets {
        /// The file.
        file: WeightFile,
        /// How much of them, 1 as trained.
        weight: f64,
        /// When they take part.
        window: Window,
    },
    /// The frames of a picture share their attentions.
    Sharing(Sharing),
    /// Guidance keeps the contrast of the conditional answer, by this share (0 to 1).
    RescaleCfg(f64),
    /// Backbone and skip features are rescaled (FreeU, Si et al. 2023, second version).
    FreeU {
        /// Factors on the backbone at the two deepest levels.
        backbone: [f64; 2],
        /// Factors on the skips' low frequencies at the two deepest levels.
        skip: [f64; 2],
    },
}

/// Attention sharing (SD1.5): the frames of a batch become layers of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharing {
    /// The file.
    pub file: WeightFile,
    /// For every frame its own prompt; `None` for the prompt of the run.
    pub prompts: Arc<[Option<Conditioning>]>,
    /// The picture that conditions it, opaque.
    pub control: Option<Image>,
}

/// Text encoders: files and what is done to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// What is known of them.
    pub fact: ClipFact,
    /// The files they are in.
    pub files: Arc<[WeightFile]>,
    /// LoRA files and how much of each, in order.
    pub loras: Arc<[(WeightFile, f64)]>,
    /// How many layers before the end to stop, 1 being the last; `None` for the family's habit.
    pub skip: Option<u32>,
}

/// What is known of text encoders before they are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipFact {
    /// The line of models they speak to.
    pub family: Family,
    /// Channels of a token of the encoded prompt.
    pub width: u32,
    /// Channels of the pooled vector.
    pub pooled: u32,
    /// Bytes of their weights once loaded.
    pub bytes: u64,
}

/// An autoencoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Vae {
    /// What is known of it.
    pub fact: VaeFact,
    /// The files it is in.
    pub files: Arc<[WeightFile]>,
}

/// What is known of an autoencoder before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaeFact {
    /// The line of models it came with; an autoencoder alone does not say.
    pub family: Option<Family>,
    /// Channels of its latents: 4.
    pub channels: u32,
    /// Pixels along one side of a latent element: 8.
    pub pixels: u32,
    /// The widest its features get at full size, for estimates of memory.
    pub width: u32,
    /// Bytes of its weights once loaded.
    pub bytes: u64,
}

/// LayerDiffuse's transparency encoder and decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerCodec {
    /// What is known of it.
    pub fact: LayerCodecFact,
    /// The decoder's file.
    pub decoder: Option<WeightFile>,
    /// The encoder's file.
    pub encoder: Option<WeightFile>,
    /// What the encoder's output is multiplied by.
    pub offset_scale: f64,
}

/// What is known of a transparency codec before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerCodecFact {
    /// The line of models whose latents it reads.
    pub family: Family,
    /// Whether it decodes.
    pub decodes: bool,
    /// Whether it encodes.
    pub encodes: bool,
    /// Bytes of its weights once loaded.
    pub bytes: u64,
}

/// A ControlNet.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlNet {
    /// What is known of it.
    pub fact: ControlNetFact,
    /// The files it is in.
    pub files: Arc<[WeightFile]>,
    /// Which of its sorts of pictures it is given, if it serves several and this is told.
    pub sort: Option<u32>,
}

/// What is known of a ControlNet before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlNetFact {
    /// The line of models it steers.
    pub family: Family,
    /// How many sorts of pictures a union ControlNet serves; `None` for one that is made for one sort.
    pub sorts: Option<u32>,
    /// Bytes of its weights once loaded.
    pub bytes: u64,
}
