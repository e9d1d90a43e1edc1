//! Euler's method and its relatives.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope, toward};
use super::session::{Session, ancestral_split};

pub(super) fn euler(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let sigma;
        (x, sigma) = session.churn(x, i)?;
        let denoised = session.denoise(&x, sigma)?;
        session.report(i, &x, &denoised)?;
        x = toward(&x, &denoised, sigma.into(), session.levels(i)[1])?;
    }
    Ok(x)
}

pub(super) fn euler_ancestral(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, session.options.eta);
        x = session.renoise(toward(&x, &denoised, sigma, down)?, i, up)?;
    }
    Ok(x)
}

/// CFG++ (Chung et al. 2024): to the guided latent, and from there along the unconditional slope.
pub(super) fn euler_cfg_pp(
    session: &mut Session,
    mut x: Tensor,
    eta: f64,
) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let (denoised, uncond) = session.denoise_both(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, eta);
        let moved = if next == 0.0 {
            denoised
        } else {
            blend(&[(1.0, &denoised), (down, &slope(&x, &uncond, sigma)?)])?
        };
        x = session.renoise(moved, i, up)?;
    }
    Ok(x)
}
