//! What follows from the shape of a UNet.

use crate::blocks::{NetworkError, input_error};
use crate::checkpoint::{Heads, UnetConfig, UnetLevel, unet_config};
use crate::weights::Weights;

impl Heads {
    /// The number of heads at a width; an error if it does not divide.
    pub fn at(self, width: usize) -> Result<usize, NetworkError> {
        match self {
            Self::Count(count) if count > 0 && width.is_multiple_of(count) => Ok(count),
            Self::Width(head) if head > 0 && width.is_multiple_of(head) => Ok(width / head),
            Self::Count(count) => input_error(format!("{width} channels make no {count} heads")),
            Self::Width(head) => {
                input_error(format!("{width} channels make no heads of width {head}"))
            }
        }
    }
}

impl UnetConfig {
    /// Reads the configuration from shapes, keys starting at `input_blocks`, `time_embed`, ….
    pub fn from_weights(weights: &Weights) -> Result<Self, NetworkError> {
        match unet_config(&weights.shapes()) {
            Some(config) => Ok(config),
            None => input_error("these tensors are not those of a UNet or ControlNet"),
        }
    }

    /// Channels at a level.
    pub fn width(&self, level: &UnetLevel) -> usize {
        self.base_width * level.multiplier
    }

    /// Channels in the middle.
    pub fn middle_width(&self) -> usize {
        self.levels.last().map_or(self.base_width, |level| self.width(level))
    }

    /// Length of the time embedding.
    pub fn time_width(&self) -> usize {
        4 * self.base_width
    }
}
