//! The values themselves.

use std::sync::Arc;

use pellucid_pixel::{Image, Layer, LayerContent, Layers, Matte};

use crate::{
    Array, Clip, Conditioning, ControlNet, Fact, Latent, LayerCodec, LayersFact, Model, ModelStep,
    SocketType, Table, Vae,
};

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
    /// A batch of latents.
    Latent(Latent),
    /// Encoded prompts.
    Conditioning(Arc<Conditioning>),
    /// A denoising network.
    Model(Arc<Model>),
    /// Text encoders.
    Clip(Arc<Clip>),
    /// An autoencoder.
    Vae(Arc<Vae>),
    /// A transparency encoder and decoder.
    LayerCodec(Arc<LayerCodec>),
    /// A ControlNet.
    ControlNet(Arc<ControlNet>),
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
            Self::Latent(latent) => Fact::Latent(latent.fact()),
            Self::Conditioning(conditioning) => Fact::Conditioning(conditioning.fact()),
            Self::Model(model) => Fact::Model(model.fact),
            Self::Clip(clip) => Fact::Clip(clip.fact),
            Self::Vae(vae) => Fact::Vae(vae.fact),
            Self::LayerCodec(codec) => Fact::LayerCodec(codec.fact),
            Self::ControlNet(net) => Fact::ControlNet(net.fact),
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
            Self::Latent(_) => SocketType::Latent,
            Self::Conditioning(_) => SocketType::Conditioning,
            Self::Model(_) => SocketType::Model,
            Self::Clip(_) => SocketType::Clip,
            Self::Vae(_) => SocketType::Vae,
            Self::LayerCodec(_) => SocketType::LayerCodec,
            Self::ControlNet(_) => SocketType::ControlNet,
        }
    }

    /// Calls `visit` with an identity and a size in bytes for every buffer this value holds.
    /// Values that share a buffer report the same identity, so a caller can count it once.
    pub fn buffers(&self, visit: &mut dyn FnMut(usize, u64)) {
        match self {
            Self::Image(image) => visit_image(image, visit),
            Self::Matte(matte) => visit_matte(matte, visit),
            Self::Layers(layers) => layers.layers.iter().for_each(|l| visit_layer(l, visit)),
            Self::Latent(latent) => visit_latent(latent, visit),
            Self::Conditioning(conditioning) => visit_conditioning(conditioning, visit),
            Self::Model(model) => model.steps.iter().for_each(|step| visit_step(step, visit)),
            Self::Number(_)
            | Self::Table(_)
            | Self::Text(_)
            | Self::Clip(_)
            | Self::Vae(_)
            | Self::LayerCodec(_)
            | Self::ControlNet(_) => {}
        }
    }
}

fn visit_image(image: &Image, visit: &mut dyn FnMut(usize, u64)) {
    visit(Arc::as_ptr(&image.pixels) as usize, image.fact.bytes());
}

fn visit_matte(matte: &Matte, visit: &mut dyn FnMut(usize, u64)) {
    visit(Arc::as_ptr(&matte.values) as usize, matte.fact.bytes());
}

fn visit_array(array: &Array, visit: &mut dyn FnMut(usize, u64)) {
    visit(array.identity(), array.bytes());
}

fn visit_latent(latent: &Latent, visit: &mut dyn FnMut(usize, u64)) {
    visit_array(&latent.samples, visit);
    if let Some(mask) = &latent.mask {
        visit_matte(mask, visit);
    }
}

fn visit_conditioning(conditioning: &Conditioning, visit: &mut dyn FnMut(usize, u64)) {
    for prompt in conditioning.prompts.iter() {
        visit_array(&prompt.tokens, visit);
        if let Some(pooled) = &prompt.pooled {
            visit_array(pooled, visit);
        }
        if let Some(mask) = &prompt.mask {
            visit_matte(&mask.matte, visit);
        }
        prompt.controls.iter().for_each(|control| visit_image(&control.picture, visit));
        let concat = prompt.concat.iter().flat_map(|concat| concat.latents.iter());
        concat.for_each(|latent| visit_latent(latent, visit));
    }
}

fn visit_step(step: &ModelStep, visit: &mut dyn FnMut(usize, u64)) {
    if let ModelStep::Sharing(sharing) = step {
        sharing.prompts.iter().flatten().for_each(|prompt| visit_conditioning(prompt, visit));
        if let Some(control) = &sharing.control {
            visit_image(control, visit);
        }
    }
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
