//! What follows from the shape of an autoencoder.

use crate::blocks::{NetworkError, input_error};
use crate::checkpoint::{VaeConfig, vae_config};
use crate::weights::Weights;

impl VaeConfig {
    /// Reads the configuration from shapes, keys starting at `encoder` and `decoder`.
    pub fn from_weights(weights: &Weights) -> Result<Self, NetworkError> {
        match vae_config(&weights.shapes()) {
            Some(config) => Ok(config),
            None => input_error("these tensors are not those of an autoencoder"),
        }
    }

    /// Channels of each level, finest first.
    pub fn widths(&self) -> Vec<usize> {
        self.multipliers.iter().map(|multiplier| self.base_width * multiplier).collect()
    }

    /// Pixels along one side of a latent element: 8 for Stable Diffusion.
    pub fn pixels_per_latent(&self) -> usize {
        1usize.checked_shl(self.multipliers.len().saturating_sub(1) as u32).unwrap_or(usize::MAX)
    }
}
