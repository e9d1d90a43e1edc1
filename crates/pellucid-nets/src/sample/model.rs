//! The model as a sampler sees it, and the mask that keeps part of a latent.

use candle_core::{Result, Tensor};

use super::SampleError;

/// A model that removes the noise from a latent, guidance included.
pub trait Denoiser {
    /// The denoised latent of `x`, which carries noise of level `sigma`.
    ///
    /// With `uncond` the answer to the negative prompt is asked for as well, even where guidance
    /// would not need it.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn denoise(
        &mut self,
        x: &Tensor,
        sigma: f32,
        uncond: bool,
    ) -> std::result::Result<Denoised, SampleError>;
}

/// The model's answers at one level.
#[derive(Clone, Debug)]
pub struct Denoised {
    /// The guided answer.
    pub guided: Tensor,
    /// The answer to the negative prompt, where it was asked for.
    pub uncond: Option<Tensor>,
}

/// What is kept of a latent while the rest is repainted.
pub(super) struct Inpaint {
    mask: Tensor,
    latent: Tensor,
    kept_latent: Tensor,
    kept_noise: Tensor,
}

impl Inpaint {
    pub(super) fn new(mask: &Tensor, latent: &Tensor, noise: &Tensor) -> Result<Self> {
        let mask = mask
            .to_device(latent.device())?
            .to_dtype(latent.dtype())?
            .broadcast_as(latent.shape())?
            .contiguous()?;
        let keep = mask.affine(-1.0, 1.0)?;
        Ok(Self {
            latent: latent.clone(),
            kept_latent: (latent * &keep)?,
            kept_noise: (noise * &keep)?,
            mask,
        })
    }

    /// The sampler's latent where it repaints, the kept one at the level's noise elsewhere.
    pub(super) fn before(&self, x: &Tensor, sigma: f32) -> Result<Tensor> {
        (x * &self.mask)? + (&self.kept_latent + self.kept_noise.affine(sigma.into(), 0.0)?)?
    }

    /// The model's answer where it repaints, the kept latent elsewhere.
    pub(super) fn after(&self, denoised: &Tensor) -> Result<Tensor> {
        (denoised * &self.mask)? + &self.kept_latent
    }

    /// Undoes the rounding of the steps where nothing was to change.
    pub(super) fn restore(&self, x: &Tensor) -> Result<Tensor> {
        self.mask.eq(0.0)?.where_cond(&self.latent, x)
    }
}
