//! Second-order exponential multistep in log sigma (Zhang et al. 2023, "Refined exponential solver").

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope, toward};
use super::session::{Session, ancestral_split};

pub(super) fn res_multistep(
    session: &mut Session,
    mut x: Tensor,
    eta: f64,
) -> Result<Tensor, SampleError> {
    let mut before: Option<(f64, Tensor)> = None;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, eta);
        let moved = match &before {
            Some((down_before, older)) if down > 0.0 => {
                let weights = weights(sigma, down, *down_before, session.levels(i - 1)[0]);
                second_order(&x, &denoised, older, down / sigma, weights)?
            }
            _ => toward(&x, &denoised, sigma, down)?,
        };
        x = session.renoise(moved, i, up)?;
        before = Some((down, denoised));
    }
    Ok(x)
}

/// With CFG++ guidance the unconditional answers are what is extrapolated.
pub(super) fn res_multistep_cfg_pp(
    session: &mut Session,
    mut x: Tensor,
    eta: f64,
) -> Result<Tensor, SampleError> {
    let mut before: Option<(f64, Tensor)> = None;
    for i in 0..session.steps() {
        let (denoised, uncond) = session.denoise_both(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, eta);
        let moved = match &before {
            Some((down_before, older)) if down > 0.0 => {
                let weights = weights(sigma, down, *down_before, session.levels(i - 1)[0]);
                let shifted = blend(&[(1.0, &x), (1.0, &denoised), (-1.0, &uncond)])?;
                second_order(&shifted, &uncond, older, down / sigma, weights)?
            }
            _ if down == 0.0 => denoised,
            _ => blend(&[(1.0, &denoised), (down, &slope(&x, &uncond, sigma)?)])?,
        };
        x = session.renoise(moved, i, up)?;
        before = Some((down, uncond));
    }
    Ok(x)
}

/// The weights of the latest answer and the one before it, times the step's length.
fn weights(sigma: f64, down: f64, down_before: f64, sigma_before: f64) -> [f64; 2] {
    let h = (sigma / down).ln();
    let c2 = (down_before / sigma_before).ln() / h;
    let phi1 = (-h).exp_m1() / -h;
    let phi2 = (phi1 - 1.0) / -h;
    let or_zero = |weight: f64| if weight.is_nan() { 0.0 } else { weight };
    [h * or_zero(phi1 - phi2 / c2), h * or_zero(phi2 / c2)]
}

fn second_order(
    x: &Tensor,
    denoised: &Tensor,
    older: &Tensor,
    left: f64,
    [new, old]: [f64; 2],
) -> candle_core::Result<Tensor> {
    blend(&[(left, x), (new, denoised), (old, older)])
}
