//! Extended reverse-time stochastic solver of up to third order (Cui et al. 2023, ER-SDE-Solver).

use candle_core::Tensor;

use super::SampleError;
use super::blend::blend;
use super::session::Session;

/// Points of the sums that stand for integrals over a step.
const POINTS: usize = 200;

pub(super) fn er_sde(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let most = session.options.order.unwrap_or(3).clamp(1, 3);
    let mut answer_before: Option<Tensor> = None;
    let mut change_before: Option<Tensor> = None;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let left = scaler(next) / scaler(sigma);
        let mut moved = blend(&[(left, &x), (1.0 - left, &denoised)])?;
        if let Some(older) = answer_before.filter(|_| most > 1) {
            let length = next - sigma;
            let past = sigma - session.levels(i - 1)[0];
            let change = (&denoised - older)?.affine(1.0 / past, 0.0)?;
            let first = length + sum(sigma, next, |_| 1.0) * scaler(next);
            moved = blend(&[(1.0, &moved), (first, &change)])?;
            if let Some(older) = change_before.filter(|_| most > 2) {
                let past = (sigma - session.levels(i - 2)[0]) / 2.0;
                let curve = sum(sigma, next, |level| level - sigma) * scaler(next);
                let second = (length * length / 2.0 + curve) / past;
                moved = blend(&[(1.0, &moved), (second, &change), (-second, &older)])?;
            }
            change_before = Some(change);
        }
        let variance = next * next - sigma * sigma * left * left;
        x = session.renoise(moved, i, variance.max(0.0).sqrt())?;
        answer_before = Some(denoised);
    }
    Ok(x)
}

/// The noise scale function that the authors recommend.
fn scaler(sigma: f64) -> f64 {
    sigma * (sigma.powf(0.3).exp() + 10.0)
}

/// The sum over the step, from its end to its start, of `weight` over the scale function.
fn sum(sigma: f64, next: f64, weight: impl Fn(f64) -> f64) -> f64 {
    let width = (sigma - next) / POINTS as f64;
    let values = (0..POINTS).map(|point| {
        let level = next + point as f64 * width;
        weight(level) / scaler(level)
    });
    values.sum::<f64>() * width
}
