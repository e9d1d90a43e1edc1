//! A document: an ordered stack of layers and groups.

use crate::{Image, Matte, Mode};

/// A document of layers, bottom first.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// Canvas width in pixels.
    pub width: u32,
    /// Canvas height in pixels.
    pub height: u32,
    /// Bottom to top.
    pub layers: Vec<Layer>,
}

/// One entry of a stack: a picture or a group, and how it meets what is below.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Any text; names need not be unique.
    pub name: String,
    /// Pixels or children.
    pub content: LayerContent,
    /// How it is merged with what is below.
    pub mode: Mode,
    /// 0 to 1, scales the layer's alpha.
    pub opacity: f32,
    /// An invisible layer is kept in files and left out of pictures.
    pub visible: bool,
    /// Clipped to the nearest layer below that is not clipped itself.
    pub clipped: bool,
    /// Multiplied into the layer's alpha.
    pub mask: Option<LayerMask>,
}

/// What a layer holds.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerContent {
    /// A picture whose top left pixel lies at (`x`, `y`) of the canvas; both may be negative.
    Image {
        /// The pixels.
        image: Image,
        /// Pixels from the left edge of the canvas.
        x: i32,
        /// Pixels from the top edge of the canvas.
        y: i32,
    },
    /// Layers that are merged among themselves, bottom first.
    Group {
        /// Children, placed on the same canvas.
        layers: Vec<Layer>,
        /// False: children merge directly with what is below the group.
        isolated: bool,
    },
}

/// A layer's mask: a matte on the canvas, with a value for where it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerMask {
    /// Coverage.
    pub matte: Matte,
    /// Pixels from the left edge of the canvas.
    pub x: i32,
    /// Pixels from the top edge of the canvas.
    pub y: i32,
    /// Coverage outside the matte's rectangle, 0 to 1.
    pub outside: f32,
}

impl Layer {
    /// A visible, solid, normal layer at the top left of the canvas.
    pub fn new(name: impl Into<String>, image: Image) -> Self {
        Self {
            name: name.into(),
            content: LayerContent::Image { image, x: 0, y: 0 },
            mode: Mode::Normal,
            opacity: 1.0,
            visible: true,
            clipped: false,
            mask: None,
        }
    }
}

impl Layers {
    /// Bytes of all pictures and masks, groups included.
    pub fn bytes(&self) -> u64 {
        self.layers.iter().map(layer_bytes).sum()
    }
}

fn layer_bytes(layer: &Layer) -> u64 {
    let content = match &layer.content {
        LayerContent::Image { image, .. } => image.fact.bytes(),
        LayerContent::Group { layers, .. } => layers.iter().map(layer_bytes).sum(),
    };
    content + layer.mask.as_ref().map_or(0, |mask| mask.matte.fact.bytes())
}
