//! Heun's method, which averages slopes over a step, and Heun++, which weighs them.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope, toward};
use super::session::Session;

pub(super) fn heun(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let sigma;
        (x, sigma) = session.churn(x, i)?;
        let denoised = session.denoise(&x, sigma)?;
        session.report(i, &x, &denoised)?;
        let (sigma, next) = (f64::from(sigma), session.levels(i)[1]);
        let ahead = toward(&x, &denoised, sigma, next)?;
        if next == 0.0 {
            x = ahead;
            continue;
        }
        let there = slope(&ahead, &session.denoise(&ahead, session.sigmas[i + 1])?, next)?;
        let half = (next - sigma) / 2.0;
        x = blend(&[(1.0, &x), (half, &slope(&x, &denoised, sigma)?), (half, &there)])?;
    }
    Ok(x)
}

/// Up to two looks ahead, the farther ones weighing as much as their level is of the highest.
pub(super) fn heunpp2(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let steps = session.steps();
    for i in 0..steps {
        let sigma;
        (x, sigma) = session.churn(x, i)?;
        let denoised = session.denoise(&x, sigma)?;
        session.report(i, &x, &denoised)?;
        let (sigma, next) = (f64::from(sigma), session.levels(i)[1]);
        let looks = (steps - 1 - i).min(2);
        let whole = (looks + 1) as f64 * f64::from(session.sigmas[0]);
        let mut slopes = vec![slope(&x, &denoised, sigma)?];
        let mut ahead = toward(&x, &denoised, sigma, next)?;
        if looks == 0 {
            x = ahead;
            continue;
        }
        let mut weights = vec![1.0];
        for look in 1..=looks {
            let level = session.sigmas[i + look];
            let denoised = session.denoise(&ahead, level)?;
            slopes.push(slope(&ahead, &denoised, level.into())?);
            weights.push(f64::from(level) / whole);
            ahead = toward(&ahead, &denoised, level.into(), session.levels(i + look)[1])?;
        }
        weights[0] -= weights[1..].iter().sum::<f64>();
        let scaled = weights.iter().map(|weight| weight * (next - sigma));
        let mut terms = vec![(1.0, &x)];
        terms.extend(scaled.zip(&slopes));
        x = blend(&terms)?;
    }
    Ok(x)
}
