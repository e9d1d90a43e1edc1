//! Sums of scaled latents.

use candle_core::{Result, Tensor};

/// The sum of every tensor times its factor.
pub(super) fn blend(terms: &[(f64, &Tensor)]) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    for &(factor, tensor) in terms {
        let term = if factor == 1.0 { tensor.clone() } else { tensor.affine(factor, 0.0)? };
        sum = Some(match sum {
            Some(sum) => (sum + term)?,
            None => term,
        });
    }
    sum.ok_or_else(|| candle_core::Error::Msg("a blend of nothing".into()))
}

/// `x` moved along the straight line to its denoised latent, from level `from` to level `to`.
pub(super) fn toward(x: &Tensor, denoised: &Tensor, from: f64, to: f64) -> Result<Tensor> {
    if to == 0.0 {
        return Ok(denoised.clone());
    }
    let left = to / from;
    blend(&[(left, x), (1.0 - left, denoised)])
}

/// The change of `x` per unit of sigma that leads to its denoised latent: the model's noise.
pub(super) fn slope(x: &Tensor, denoised: &Tensor, sigma: f64) -> Result<Tensor> {
    (x - denoised)?.affine(1.0 / sigma, 0.0)
}
