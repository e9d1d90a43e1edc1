//! The shape of an autoencoder, read from its weights.

use crate::blocks::{NetworkError, input_error};
use crate::weights::Weights;

/// Everything that distinguishes one autoencoder from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaeConfig {
    /// Channels of a latent.
    pub latent_channels: usize,
    /// Channels at the finest level.
    pub base_width: usize,
    /// Channels of each level divided by the base width, finest first.
    pub multipliers: Vec<usize>,
    /// Residual blocks per level of the encoder; the decoder has one more.
    pub residual_blocks: usize,
}

impl VaeConfig {
    /// Reads the configuration from shapes, keys starting at `encoder` and `decoder`.
    pub fn from_weights(weights: &Weights) -> Result<Self, NetworkError> {
        let first = |key: &str, axis: usize| {
            weights.shape(key).and_then(|shape| shape.get(axis).copied()).filter(|&n| n > 0)
        };
        let Some(base_width) = first("encoder.conv_in.weight", 0) else {
            return input_error("no autoencoder: there is no `encoder.conv_in.weight`");
        };
        let Some(latent_channels) = first("decoder.conv_in.weight", 1) else {
            return input_error("no autoencoder: there is no `decoder.conv_in.weight`");
        };
        let block = |level: usize, index: usize| {
            first(&format!("encoder.down.{level}.block.{index}.conv2.weight"), 0)
        };
        let widths: Vec<usize> = (0..).map_while(|level| block(level, 0)).collect();
        if let Some(width) = widths.iter().find(|width| !width.is_multiple_of(base_width)) {
            return input_error(format!("a level is {width} wide, no multiple of {base_width}"));
        }
        if widths.is_empty() {
            return input_error("no autoencoder: there is no `encoder.down.0.block.0`");
        }
        Ok(Self {
            latent_channels,
            base_width,
            multipliers: widths.iter().map(|width| width / base_width).collect(),
            residual_blocks: (0..).take_while(|&index| block(0, index).is_some()).count(),
        })
    }

    /// Channels at a level.
    pub fn width(&self, level: usize) -> usize {
        self.base_width * self.multipliers[level]
    }

    /// Pixels along one side of a latent element: 8 for Stable Diffusion.
    pub fn pixels_per_latent(&self) -> usize {
        1 << (self.multipliers.len() - 1)
    }
}
