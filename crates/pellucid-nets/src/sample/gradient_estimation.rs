//! Euler's method that corrects the slope by its change (Permenter and Yuan 2024).

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope};
use super::session::Session;

/// How much of the slope's change is added, plus one.
const GAMMA: f64 = 2.0;

pub(super) fn gradient_estimation(
    session: &mut Session,
    mut x: Tensor,
) -> Result<Tensor, SampleError> {
    let mut before: Option<Tensor> = None;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let now = slope(&x, &denoised, sigma)?;
        let moved = blend(&[(1.0, &x), (next - sigma, &now)])?;
        x = corrected(moved, next - sigma, &now, before.as_ref())?;
        before = Some(now);
    }
    Ok(x)
}

pub(super) fn gradient_estimation_cfg_pp(
    session: &mut Session,
    mut x: Tensor,
) -> Result<Tensor, SampleError> {
    let mut before: Option<Tensor> = None;
    for i in 0..session.steps() {
        let (denoised, uncond) = session.denoise_both(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let now = slope(&x, &uncond, sigma)?;
        let moved = blend(&[(1.0, &denoised), (next, &now)])?;
        x = corrected(moved, next - sigma, &now, before.as_ref())?;
        before = Some(now);
    }
    Ok(x)
}

fn corrected(
    moved: Tensor,
    length: f64,
    now: &Tensor,
    before: Option<&Tensor>,
) -> candle_core::Result<Tensor> {
    let Some(before) = before else { return Ok(moved) };
    let change = (GAMMA - 1.0) * length;
    blend(&[(1.0, &moved), (change, now), (-change, before)])
}
