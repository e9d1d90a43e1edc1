//! From a layer to a latent that carries its transparency.

use candle_core::{DType, Device, Tensor};

use super::LayerPicture;
use super::padding::pad_colour;
use crate::blocks::{Conv2d, NetworkError, Source, input_error, silu};
use crate::vae::{Vae, signal_of_picture};
use crate::weights::Weights;

/// Strides of the 3×3 convolutions; the input is alpha and padded colour.
const STRIDES: [usize; 9] = [1, 1, 2, 1, 2, 1, 2, 1, 1];

/// Looks at a layer and gives the latent offset that carries its alpha.
pub struct OffsetEncoder {
    dtype: DType,
    device: Device,
    convolutions: Vec<Conv2d>,
}

/// What the network's output is multiplied by; it depends on which weight file is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetScale {
    /// By 300: the SDXL encoder of the paper's authors.
    Trained300,
    /// By 1: the encoders of the web interface's extension.
    One,
}

/// What the autoencoder sees where a layer is transparent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backing {
    /// A signal of exactly 0, halfway between black and white.
    Zero,
    /// The grey of byte 127, a signal of -0.0039.
    Grey127,
}

impl OffsetEncoder {
    /// Loads an encoder whose keys start at `blocks`; widths are read from shapes.
    pub fn load(weights: &Weights, dtype: DType, device: &Device) -> Result<Self, NetworkError> {
        let source = &Source::new(weights, dtype, device);
        let mut convolutions = Vec::with_capacity(STRIDES.len());
        for (index, stride) in STRIDES.into_iter().enumerate() {
            let source = source.under(format!("blocks.{}", 2 * index));
            convolutions.push(Conv2d::load_as_stored(&source, stride)?);
        }
        let dtype = source.activations();
        Ok(Self { dtype, device: device.clone(), convolutions })
    }

    /// `[b, 4, h, w]` of alpha and padded colour, 0 to 1, to `[b, 4, ceil(h / 8), ceil(w / 8)]`, f32.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let (batch, _, height, width) = x.dims4()?;
        if batch * height * width == 0 {
            return input_error("a layer needs at least one pixel");
        }
        let mut h = x.to_device(&self.device)?.to_dtype(self.dtype)?;
        for (index, conv) in self.convolutions.iter().enumerate() {
            h = conv.forward(&if index == 0 { h } else { silu(&h)? })?;
        }
        Ok(h.to_dtype(DType::F32)?)
    }

    /// The offset of a layer, colour padded under what is transparent.
    pub fn offset(&self, layer: &LayerPicture, scale: OffsetScale) -> Result<Tensor, NetworkError> {
        let padded = pad_colour(layer)?;
        let offset = self.forward(&Tensor::cat(&[&layer.alpha, &padded], 1)?)?;
        match scale {
            OffsetScale::Trained300 => Ok((offset * 300.0)?),
            OffsetScale::One => Ok(offset),
        }
    }
}

/// The unscaled latent of a layer whose sides are multiples of eight pixels: the autoencoder's mean, moved
/// by the offset times the deviation.
pub fn encode_layer(
    vae: &Vae,
    encoder: &OffsetEncoder,
    layer: &LayerPicture,
    backing: Backing,
    scale: OffsetScale,
) -> Result<Tensor, NetworkError> {
    let posterior = vae.encode_signal(&layer_signal(layer, backing)?)?;
    posterior.sample(&encoder.offset(layer, scale)?)
}

/// What the autoencoder sees of a layer, `[b, 3, h, w]`, -1 to 1.
pub fn layer_signal(layer: &LayerPicture, backing: Backing) -> Result<Tensor, NetworkError> {
    let visible = signal_of_picture(&layer.colour)?.broadcast_mul(&layer.alpha)?;
    match backing {
        Backing::Zero => Ok(visible),
        Backing::Grey127 => {
            let grey = 2.0 * 127.0 / 255.0 - 1.0;
            Ok(visible.broadcast_add(&layer.alpha.affine(-grey, grey)?)?)
        }
    }
}
