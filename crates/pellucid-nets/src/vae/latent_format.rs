//! How a model family scales latents between autoencoder and UNet.

use candle_core::Tensor;

use crate::blocks::NetworkError;

/// The scaling of a model family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatentFormat {
    /// Stable Diffusion 1.5: times 0.18215.
    Sd15,
    /// Stable Diffusion XL: times 0.13025.
    Sdxl,
    /// Playground 2.5: mean and deviation per channel.
    Playground25,
}

/// Playground 2.5's `latents_mean`, `latents_std` and `scaling_factor`.
const PLAYGROUND_MEAN: [f32; 4] = [-1.6574, 1.886, -1.383, 2.5155];
const PLAYGROUND_STD: [f32; 4] = [8.4927, 5.9022, 6.5498, 5.2299];
const PLAYGROUND_SCALE: f64 = 0.5;

impl LatentFormat {
    /// From an autoencoder's latent `[b, 4, h, w]` to what the UNet works on.
    pub fn scaled(self, latent: &Tensor) -> Result<Tensor, NetworkError> {
        Ok(match self.factor() {
            Some(factor) => (latent * factor)?,
            None => {
                let [mean, std] = playground(latent)?;
                (latent.broadcast_sub(&mean)? * PLAYGROUND_SCALE)?.broadcast_div(&std)?
            }
        })
    }

    /// The inverse of [`LatentFormat::scaled`].
    pub fn unscaled(self, latent: &Tensor) -> Result<Tensor, NetworkError> {
        Ok(match self.factor() {
            Some(factor) => (latent / factor)?,
            None => {
                let [mean, std] = playground(latent)?;
                (latent.broadcast_mul(&std)? / PLAYGROUND_SCALE)?.broadcast_add(&mean)?
            }
        })
    }

    /// The factor, where the scaling is one.
    pub fn factor(self) -> Option<f64> {
        match self {
            Self::Sd15 => Some(0.18215),
            Self::Sdxl => Some(0.13025),
            Self::Playground25 => None,
        }
    }
}

fn playground(latent: &Tensor) -> Result<[Tensor; 2], NetworkError> {
    let per_channel = |values: &[f32; 4]| -> Result<Tensor, NetworkError> {
        let values = Tensor::new(values, latent.device())?.to_dtype(latent.dtype())?;
        Ok(values.reshape((1, 4, 1, 1))?)
    };
    Ok([per_channel(&PLAYGROUND_MEAN)?, per_channel(&PLAYGROUND_STD)?])
}
