//! What is known of a value before it exists.

use std::fmt;
use std::sync::Arc;

use pellucid_pixel::{ImageFact, Layer, LayerContent, Layers, MatteFact};

use crate::{
    ClipFact, ConditioningFact, ControlNetFact, LatentFact, LayerCodecFact, ModelFact, VaeFact,
};

/// The type of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SocketType {
    /// A batch of RGBA pictures.
    Image,
    /// A batch of one-channel coverage maps.
    Matte,
    /// A document of layers and groups.
    Layers,
    /// One number.
    Number,
    /// Named columns of numbers.
    Table,
    /// Text.
    Text,
    /// A batch of latents.
    Latent,
    /// Encoded prompts.
    Conditioning,
    /// A denoising network.
    Model,
    /// Text encoders.
    Clip,
    /// An autoencoder.
    Vae,
    /// A transparency encoder and decoder.
    LayerCodec,
    /// A ControlNet.
    ControlNet,
}

impl SocketType {
    /// Every type, in the order of the manual.
    pub const ALL: [Self; 13] = [
        Self::Image,
        Self::Matte,
        Self::Layers,
        Self::Number,
        Self::Table,
        Self::Text,
        Self::Latent,
        Self::Conditioning,
        Self::Model,
        Self::Clip,
        Self::Vae,
        Self::LayerCodec,
        Self::ControlNet,
    ];

    /// The word used in graphs and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Matte => "matte",
            Self::Layers => "layers",
            Self::Number => "number",
            Self::Table => "table",
            Self::Text => "text",
            Self::Latent => "latent",
            Self::Conditioning => "conditioning",
            Self::Model => "model",
            Self::Clip => "clip",
            Self::Vae => "vae",
            Self::LayerCodec => "layer_codec",
            Self::ControlNet => "controlnet",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }
}

/// What is known of a value before it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Size, batch, alpha state, encoding.
    Image(ImageFact),
    /// Size and batch.
    Matte(MatteFact),
    /// Canvas, batch, and the names in the stack.
    Layers(LayersFact),
    /// Nothing but that it is a number.
    Number,
    /// Nothing but that it is a table.
    Table,
    /// Nothing but that it is text.
    Text,
    /// Of a batch of latents.
    Latent(LatentFact),
    /// Of encoded prompts.
    Conditioning(ConditioningFact),
    /// Of a denoising network.
    Model(ModelFact),
    /// Of text encoders.
    Clip(ClipFact),
    /// Of an autoencoder.
    Vae(VaeFact),
    /// Of a transparency encoder and decoder.
    LayerCodec(LayerCodecFact),
    /// Of a ControlNet.
    ControlNet(ControlNetFact),
}

/// What is known of a layered document before it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayersFact {
    /// Canvas width in pixels.
    pub width: u32,
    /// Canvas height in pixels.
    pub height: u32,
    /// The largest batch among its pictures.
    pub batch: u32,
    /// The entries of the stack, bottom first.
    pub layers: Arc<[LayerFact]>,
}

/// What is known of one entry of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFact {
    /// The layer's name.
    pub name: Arc<str>,
    /// The layer's picture, or the children of a group, bottom first.
    pub content: LayerFactContent,
}

/// A picture's fact and place, or the facts of a group's children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerFactContent {
    /// The picture, and where its top left pixel lies on the canvas.
    Image(ImageFact, i32, i32),
    /// A group's children.
    Group(Arc<[LayerFact]>),
}

impl LayersFact {
    /// The fact of a document that exists.
    pub fn of(layers: &Layers) -> Self {
        let facts: Arc<[LayerFact]> = layers.layers.iter().map(LayerFact::of).collect();
        let batch = facts.iter().map(LayerFact::batch).max().unwrap_or(1);
        Self { width: layers.width, height: layers.height, batch, layers: facts }
    }
}

impl LayerFact {
    /// The fact of a layer that exists.
    pub fn of(layer: &Layer) -> Self {
        let content = match &layer.content {
            LayerContent::Image { image, x, y } => LayerFactContent::Image(image.fact, *x, *y),
            LayerContent::Group { layers, .. } => {
                LayerFactContent::Group(layers.iter().map(Self::of).collect())
            }
        };
        Self { name: layer.name.as_str().into(), content }
    }

    /// The largest batch below this entry, at least 1.
    pub fn batch(&self) -> u32 {
        match &self.content {
            LayerFactContent::Image(fact, ..) => fact.batch,
            LayerFactContent::Group(children) => {
                children.iter().map(Self::batch).max().unwrap_or(1)
            }
        }
    }

    fn bytes(&self) -> u64 {
        match &self.content {
            LayerFactContent::Image(fact, ..) => fact.bytes(),
            LayerFactContent::Group(children) => children.iter().map(Self::bytes).sum(),
        }
    }
}

impl Fact {
    /// The type of the value.
    pub fn socket_type(&self) -> SocketType {
        match self {
            Self::Image(_) => SocketType::Image,
            Self::Matte(_) => SocketType::Matte,
            Self::Layers(_) => SocketType::Layers,
            Self::Number => SocketType::Number,
            Self::Table => SocketType::Table,
            Self::Text => SocketType::Text,
            Self::Latent(_) => SocketType::Latent,
            Self::Conditioning(_) => SocketType::Conditioning,
            Self::Model(_) => SocketType::Model,
            Self::Clip(_) => SocketType::Clip,
            Self::Vae(_) => SocketType::Vae,
            Self::LayerCodec(_) => SocketType::LayerCodec,
            Self::ControlNet(_) => SocketType::ControlNet,
        }
    }

    /// Bytes the value will take in memory; small values count as nothing.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Image(fact) => fact.bytes(),
            Self::Matte(fact) => fact.bytes(),
            Self::Layers(fact) => fact.layers.iter().map(LayerFact::bytes).sum(),
            Self::Latent(fact) => fact.bytes(),
            _ => 0,
        }
    }

    /// How many pictures the value holds.
    pub fn batch(&self) -> u32 {
        match self {
            Self::Image(fact) => fact.batch,
            Self::Matte(fact) => fact.batch,
            Self::Layers(fact) => fact.batch,
            Self::Latent(fact) => fact.batch,
            _ => 1,
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(fact) => {
                write!(f, "{}x{} {}", fact.width, fact.height, fact.alpha.name())?;
                if fact.encoding == pellucid_pixel::Encoding::Linear {
                    write!(f, " linear")?;
                }
                batch(f, fact.batch)
            }
            Self::Matte(fact) => {
                write!(f, "{}x{} matte", fact.width, fact.height)?;
                batch(f, fact.batch)
            }
            Self::Layers(fact) => {
                write!(f, "{}x{}, {} layers", fact.width, fact.height, fact.layers.len())?;
                batch(f, fact.batch)
            }
            Self::Latent(fact) => {
                write!(f, "{}x{} latent", fact.width, fact.height)?;
                if fact.frames > 1 {
                    write!(f, " of {} frames", fact.frames)?;
                }
                if fact.masked {
                    write!(f, " masked")?;
                }
                batch(f, fact.batch)
            }
            Self::Conditioning(fact) => {
                write!(f, "{} conditioning", fact.family)?;
                if fact.concat_channels > 0 {
                    write!(f, " with {} channels beside", fact.concat_channels)?;
                }
                Ok(())
            }
            Self::Model(fact) => {
                write!(f, "{} model", fact.family)?;
                if fact.frames > 0 {
                    write!(f, " of {} frames", fact.frames)?;
                }
                write!(f, ", {}", size(fact.bytes))
            }
            Self::Clip(fact) => write!(f, "{} clip, {}", fact.family, size(fact.bytes)),
            Self::Vae(fact) => {
                if let Some(family) = fact.family {
                    write!(f, "{family} ")?;
                }
                write!(f, "vae, {}", size(fact.bytes))
            }
            Self::LayerCodec(fact) => {
                write!(f, "{} layer codec, {}", fact.family, size(fact.bytes))
            }
            Self::ControlNet(fact) => {
                write!(f, "{} controlnet, ", fact.family)?;
                if let Some(sorts) = fact.sorts {
                    write!(f, "{sorts} sorts of pictures, ")?;
                }
                write!(f, "{}", size(fact.bytes))
            }
            Self::Number | Self::Table | Self::Text => write!(f, "{}", self.socket_type().name()),
        }
    }
}

fn batch(f: &mut fmt::Formatter<'_>, batch: u32) -> fmt::Result {
    if batch == 1 { Ok(()) } else { write!(f, " x {batch}") }
}

/// A number of bytes for people, in powers of 1000.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
