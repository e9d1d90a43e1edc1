//! The midpoint method in log sigma.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope, toward};
use super::session::{Session, ancestral_split};

pub(super) fn dpm_2(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let sigma;
        (x, sigma) = session.churn(x, i)?;
        let denoised = session.denoise(&x, sigma)?;
        session.report(i, &x, &denoised)?;
        x = midpoint_step(session, &x, &denoised, sigma.into(), session.levels(i)[1])?;
    }
    Ok(x)
}

pub(super) fn dpm_2_ancestral(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, session.options.eta);
        let moved = midpoint_step(session, &x, &denoised, sigma, down)?;
        x = session.renoise(moved, i, up)?;
    }
    Ok(x)
}

/// From level `from` to level `to` with the slope half-way; to zero, straight there.
fn midpoint_step(
    session: &mut Session,
    x: &Tensor,
    denoised: &Tensor,
    from: f64,
    to: f64,
) -> Result<Tensor, SampleError> {
    if to == 0.0 {
        return Ok(denoised.clone());
    }
    let level = (from * to).sqrt() as f32;
    let half = toward(x, denoised, from, level.into())?;
    let there = slope(&half, &session.denoise(&half, level)?, level.into())?;
    Ok(blend(&[(1.0, x), (to - from, &there)])?)
}
