//! How a ControlNet sees its picture.

use candle_core::Tensor;

use crate::blocks::{Conv2d, NetworkError, Source, input_error, resize_nearest_exact, silu};
use crate::interpolate::margins;

/// Pixels along one side of a latent element.
pub const PIXELS_PER_LATENT: usize = 8;

/// Output channels and strides of the convolutions; the last gives the UNet's base width.
const CONVOLUTIONS: [(usize, usize); 7] =
    [(16, 1), (16, 1), (32, 2), (32, 1), (96, 2), (96, 1), (256, 2)];

/// 3×3 convolutions from a picture to the UNet's first features at one eighth of the size.
pub(super) struct HintNetwork {
    convolutions: Vec<Conv2d>,
}

impl HintNetwork {
    pub(super) fn load(source: &Source, base_width: usize) -> Result<Self, NetworkError> {
        let mut convolutions = Vec::with_capacity(CONVOLUTIONS.len() + 1);
        let mut input = 3;
        for (output, stride) in CONVOLUTIONS.into_iter().chain([(base_width, 1)]) {
            let source = source.under((2 * convolutions.len()).to_string());
            convolutions.push(Conv2d::load(&source, input, output, 3, stride, 1)?);
            input = output;
        }
        Ok(Self { convolutions })
    }

    pub(super) fn forward(&self, picture: &Tensor) -> Result<Tensor, NetworkError> {
        let mut h = picture.clone();
        for (index, conv) in self.convolutions.iter().enumerate() {
            h = conv.forward(&if index == 0 { h } else { silu(&h)? })?;
        }
        Ok(h)
    }
}

/// Cuts the centre of a picture `[b, c, h, w]` to the aspect of a latent and scales it to eight times the
/// latent's size, by the nearest pixel.
pub fn fit_hint(
    picture: &Tensor,
    latent_height: usize,
    latent_width: usize,
) -> Result<Tensor, NetworkError> {
    let (_, _, height, width) = picture.dims4()?;
    if height * width * latent_height * latent_width == 0 {
        return input_error("a control picture needs at least one pixel");
    }
    let (left, top) = margins((width, height), (latent_width, latent_height));
    let cut = picture.narrow(2, top, height - 2 * top)?.narrow(3, left, width - 2 * left)?;
    let (height, width) = (PIXELS_PER_LATENT * latent_height, PIXELS_PER_LATENT * latent_width);
    resize_nearest_exact(&cut, height, width)
}
