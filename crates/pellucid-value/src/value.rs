//! The values themselves.

use std::sync::Arc;

use pellucid_pixel::{Image, Layer, LayerContent, Layers, Matte};

use crate::{Fact, LayersFact, SocketType, Table};

/// A value on a wire: immutable, cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A batch of RGBA pictures.
    Image(Image),
    /// A batch of one-channel coverage maps.
    Matte(Matte),
    /// A document of layers and groups.
    Layers(Arc<Layers>),
    /// One number.
    Number(f64),
    /// Named columns of numbers.
    Table(Arc<Table>),
    /// Text.
    Text(Arc<str>),
}

impl Value {
    /// What is true of this value.
    pub fn fact(&self) -> Fact {
        match self {
            Self::Image(image) => Fact::Image(image.fact),
            Self::Matte(matte) => Fact::Matte(matte.fact),
            Self::Layers(layers) => Fact::Layers(LayersFact::of(layers)),
            Self::Number(_) => Fact::Number,
            Self::Table(_) => Fact::Table,
            Self::Text(_) => Fact::Text,
        }
    }

    /// The type of this value.
    pub fn socket_type(&self) -> SocketType {
        match self {
            Self::Image(_) => SocketType::Image,
            Self::Matte(_) => SocketType::Matte,
            Self::Layers(_) => SocketType::Layers,
            Self::Number(_) => SocketType::Number,
            Self::Table(_) => SocketType::Table,
            Self::Text(_) => SocketType::Text,
        }
    }

    /// Calls `visit` with an identity and a size in bytes for every buffer this value holds.
    /// Values that share a buffer report the same identity, so a caller can count it once.
    pub fn buffers(&self, visit: &mut dyn FnMut(usize, u64)) {
        match self {
            Self::Image(image) => visit_image(image, visit),
            Self::Matte(matte) => visit_matte(matte, visit),
            Self::Layers(layers) => layers.layers.iter().for_each(|l| visit_layer(l, visit)),
            Self::Number(_) | Self::Table(_) | Self::Text(_) => {}
        }
    }
}

fn visit_image(image: &Image, visit: &mut dyn FnMut(usize, u64)) {
    visit(Arc::as_ptr(&image.pixels) as usize, image.fact.bytes());
}

fn visit_matte(matte: &Matte, visit: &mut dyn FnMut(usize, u64)) {
    visit(Arc::as_ptr(&matte.values) as usize, matte.fact.bytes());
}

fn visit_layer(layer: &Layer, visit: &mut dyn FnMut(usize, u64)) {
    match &layer.content {
        LayerContent::Image { image, .. } => visit_image(image, visit),
        LayerContent::Group { layers, .. } => layers.iter().for_each(|l| visit_layer(l, visit)),
    }
    if let Some(mask) = &layer.mask {
        visit_matte(&mask.matte, visit);
    }
}
