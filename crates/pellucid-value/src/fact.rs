//! What is known of a value before it exists.

use std::fmt;
use std::sync::Arc;

use pellucid_pixel::{ImageFact, Layer, LayerContent, Layers, MatteFact};

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
}

impl SocketType {
    /// Every type, in the order of the manual.
    pub const ALL: [Self; 6] =
        [Self::Image, Self::Matte, Self::Layers, Self::Number, Self::Table, Self::Text];

    /// The word used in graphs and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Matte => "matte",
            Self::Layers => "layers",
            Self::Number => "number",
            Self::Table => "table",
            Self::Text => "text",
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
        }
    }

    /// Bytes the value will take in memory; small values count as nothing.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Image(fact) => fact.bytes(),
            Self::Matte(fact) => fact.bytes(),
            Self::Layers(fact) => fact.layers.iter().map(LayerFact::bytes).sum(),
            Self::Number | Self::Table | Self::Text => 0,
        }
    }

    /// How many pictures the value holds.
    pub fn batch(&self) -> u32 {
        match self {
            Self::Image(fact) => fact.batch,
            Self::Matte(fact) => fact.batch,
            Self::Layers(fact) => fact.batch,
            Self::Number | Self::Table | Self::Text => 1,
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
            Self::Number | Self::Table | Self::Text => write!(f, "{}", self.socket_type().name()),
        }
    }
}

fn batch(f: &mut fmt::Formatter<'_>, batch: u32) -> fmt::Result {
    if batch == 1 { Ok(()) } else { write!(f, " x {batch}") }
}
