//! Conditioning: encoded prompts and everything that says where, when and how strongly they count.

use std::sync::Arc;

use pellucid_pixel::{Image, Matte};

use crate::{Array, ControlNet, Family, Latent, Window};

/// What a sampler is to draw. Several prompts are averaged where they overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditioning {
    /// The line of models it was encoded for.
    pub family: Family,
    /// At least one.
    pub prompts: Arc<[Prompt]>,
}

/// One encoded prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// 1 × tokens × width.
    pub tokens: Array,
    /// 1 × width: one vector for the whole prompt.
    pub pooled: Option<Array>,
    /// The sizes SDXL is told; `None` for those of the latent.
    pub sizes: Option<Sizes>,
    /// When it counts.
    pub window: Window,
    /// How much it counts against others.
    pub strength: f64,
    /// The part of the picture it is for.
    pub area: Option<Area>,
    /// Where it counts, 0 to 1.
    pub mask: Option<RegionMask>,
    /// ControlNets that steer it, in order.
    pub controls: Arc<[Control]>,
    /// Latents that the network sees beside the noisy one.
    pub concat: Option<Concat>,
}

/// The sizes SDXL is told, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Width of the picture the training crop would be cut from.
    pub width: u32,
    /// Height of the picture the training crop would be cut from.
    pub height: u32,
    /// Left of the crop.
    pub crop_x: u32,
    /// Top of the crop.
    pub crop_y: u32,
    /// Width of the crop.
    pub target_width: u32,
    /// Height of the crop.
    pub target_height: u32,
}

/// A rectangle, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// Where a prompt counts.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionMask {
    /// How much it counts at every pixel, scaled to the latent.
    pub matte: Matte,
    /// A factor on the matte.
    pub strength: f64,
    /// Whether the network sees only the rectangle around what the mask does not rule out.
    pub bounds_only: bool,
}

/// A ControlNet at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// The network.
    pub net: ControlNet,
    /// The picture it looks at.
    pub picture: Image,
    /// A factor on what it adds.
    pub strength: f64,
    /// When it takes part.
    pub window: Window,
    /// The frames it steers; all when empty.
    pub frames: Arc<[u32]>,
    /// Whether it steers negative prompts too that have no ControlNet of their own.
    pub also_negative: bool,
}

/// Latents that the network sees beside the noisy one, as further channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Concat {
    /// In order of their channels.
    pub latents: Arc<[Latent]>,
    /// When they are there; outside the model is asked without them.
    pub window: Window,
}

/// What is known of conditioning before it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditioningFact {
    /// The line of models it is for.
    pub family: Family,
    /// Channels of a token.
    pub width: u32,
    /// Channels beside the latent's that the network is to see.
    pub concat_channels: u32,
    /// Width and height in latent elements of what it sees beside; 0 by 0 for nothing.
    pub concat_size: (u32, u32),
    /// The most bytes that the weights of one prompt's ControlNets take once loaded.
    pub control_bytes: u64,
}

impl Conditioning {
    /// What is true of this conditioning.
    pub fn fact(&self) -> ConditioningFact {
        let width = self.prompts.first().and_then(|p| p.tokens.shape.last().copied()).unwrap_or(0);
        let concat = self.prompts.iter().find_map(|prompt| prompt.concat.as_ref());
        let latents = concat.map_or(&[][..], |concat| &concat.latents);
        let facts: Vec<_> = latents.iter().map(Latent::fact).collect();
        let controls = |prompt: &Prompt| prompt.controls.iter().map(|c| c.net.fact.bytes).sum();
        ConditioningFact {
            family: self.family,
            width: width as u32,
            concat_channels: facts.iter().map(|fact| fact.channels).sum(),
            concat_size: facts.first().map_or((0, 0), |fact| (fact.width, fact.height)),
            control_bytes: self.prompts.iter().map(controls).max().unwrap_or(0),
        }
    }

    /// The same conditioning with every prompt changed alike.
    pub fn map(&self, change: impl Fn(&Prompt) -> Prompt) -> Self {
        Self { family: self.family, prompts: self.prompts.iter().map(change).collect() }
    }
}

impl Prompt {
    /// A prompt that counts everywhere, always, once.
    pub fn new(tokens: Array, pooled: Option<Array>) -> Self {
        Self {
            tokens,
            pooled,
            sizes: None,
            window: Window::WHOLE,
            strength: 1.0,
            area: None,
            mask: None,
            controls: [].into(),
            concat: None,
        }
    }
}
