//! What a network's output means, and how it becomes a denoised latent.

use candle_core::{Result, Tensor};

/// The quantity a network was trained to predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prediction {
    /// The noise ε.
    Epsilon,
    /// The velocity `v = α·ε − √(1 − α²)·x₀` (Salimans and Ho 2022).
    Velocity,
}

impl Prediction {
    /// The network's input for a noisy latent: variance one, `x / √(σ² + 1)`.
    pub fn scale_input(x: &Tensor, sigma: f32) -> Result<Tensor> {
        x.affine(1.0 / (square(sigma) + 1.0).sqrt(), 0.0)
    }

    /// The denoised latent, from the noisy one and the network's output.
    pub fn denoised(self, x: &Tensor, output: &Tensor, sigma: f32) -> Result<Tensor> {
        let scale = square(sigma) + 1.0;
        match self {
            Self::Epsilon => x - output.affine(sigma.into(), 0.0)?,
            Self::Velocity => {
                x.affine(1.0 / scale, 0.0)? - output.affine(f64::from(sigma) / scale.sqrt(), 0.0)?
            }
        }
    }
}

fn square(sigma: f32) -> f64 {
    f64::from(sigma).powi(2)
}
