//! DPM-Solver (Lu et al. 2022) in t = -ln σ, on a fixed number of model calls or by its own error.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope};
use super::session::{Session, Step};

/// As many model calls as the schedule has steps, in steps of order three, two and one, down to the
/// last level above zero.
pub(super) fn dpm_fast(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let Some([start, end]) = time_range(session) else { return Ok(x) };
    let orders = orders(session.steps());
    let total = orders.len();
    let time = |i: usize| start + (end - start) * i as f64 / total as f64;
    for (index, order) in orders.into_iter().enumerate() {
        let (from, to) = (time(index), time(index + 1));
        let noise = predict_noise(session, &x, from)?;
        let denoised = blend(&[(1.0, &x), (-sigma(from), &noise)])?;
        let level = sigma(from) as f32;
        session.report_step(&Step { index, total, sigma: level, x: &x, denoised: &denoised })?;
        x = match order {
            1 => first_order(&x, from, to, &noise)?,
            2 => second_order(&x, from, to, &noise, &stage(session, &x, from, to, &noise, 0.5)?)?,
            _ => {
                let first = stage(session, &x, from, to, &noise, 1.0 / 3.0)?;
                third_order(session, &x, from, to, &noise, &first)?
            }
        };
    }
    Ok(x)
}

/// The orders of the steps that use exactly `calls` model calls.
fn orders(calls: usize) -> Vec<usize> {
    let mut orders = vec![3; calls / 3 + 1];
    match calls % 3 {
        0 => {
            orders.truncate(calls / 3 - usize::from(calls > 0));
            orders.extend([2, 1].iter().filter(|_| calls > 0));
        }
        rest => orders[calls / 3] = rest,
    }
    orders
}

/// Steps of order two or three whose length follows from the difference to the order below.
pub(super) fn dpm_adaptive(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    const FIRST_LENGTH: f64 = 0.05;
    const SAFETY: f64 = 0.81;
    const SLACK: f64 = 1e-5;
    let Some([start, end]) = time_range(session) else { return Ok(x) };
    let order = session.options.order.unwrap_or(3).clamp(2, 3);
    let mut lower_before = x.clone();
    let (mut from, mut length) = (start, FIRST_LENGTH);
    let mut index = 0;
    while from < end - SLACK {
        let to = end.min(from + length);
        let noise = predict_noise(session, &x, from)?;
        let denoised = blend(&[(1.0, &x), (-sigma(from), &noise)])?;
        let total = session.steps().max(index + 1);
        let level = sigma(from) as f32;
        session.report_step(&Step { index, total, sigma: level, x: &x, denoised: &denoised })?;
        let (lower, higher) = if order == 2 {
            let half = stage(session, &x, from, to, &noise, 0.5)?;
            (first_order(&x, from, to, &noise)?, second_order(&x, from, to, &noise, &half)?)
        } else {
            let third = stage(session, &x, from, to, &noise, 1.0 / 3.0)?;
            let lower = second_order(&x, from, to, &noise, &third)?;
            (lower, third_order(session, &x, from, to, &noise, &third)?)
        };
        let error = relative_error(&lower, &higher, &lower_before, session.options.tolerance)?;
        if !error.is_finite() {
            return Err(SampleError::Diverged { sigma: level });
        }
        let factor = 1.0 + ((1.0 / (error + 1e-8)).powf(1.0 / order as f64) - 1.0).atan();
        if factor >= SAFETY {
            (lower_before, x, from) = (lower, higher, to);
        }
        length *= factor;
        index += 1;
    }
    Ok(x)
}

/// The root mean square of the difference, in units of what is allowed.
fn relative_error(
    lower: &Tensor,
    higher: &Tensor,
    before: &Tensor,
    [relative, absolute]: [f64; 2],
) -> Result<f64, SampleError> {
    let size = lower.abs()?.maximum(&before.abs()?)?;
    let allowed = size.affine(relative, 0.0)?.maximum(absolute)?;
    let square = ((lower - higher)? / allowed)?.sqr()?.mean_all()?;
    Ok(f64::from(square.to_scalar::<f32>()?).sqrt())
}

/// The model's noise inside a step, and where.
struct Stage {
    part: f64,
    noise: Tensor,
}

/// Goes a `part` of the step by first order and asks the model there.
fn stage(
    session: &mut Session,
    x: &Tensor,
    from: f64,
    to: f64,
    noise: &Tensor,
    part: f64,
) -> Result<Stage, SampleError> {
    let time = from + part * (to - from);
    let there = first_order(x, from, time, noise)?;
    Ok(Stage { part, noise: predict_noise(session, &there, time)? })
}

fn first_order(x: &Tensor, from: f64, to: f64, noise: &Tensor) -> candle_core::Result<Tensor> {
    blend(&[(1.0, x), (-sigma(to) * (to - from).exp_m1(), noise)])
}

fn second_order(
    x: &Tensor,
    from: f64,
    to: f64,
    noise: &Tensor,
    inner: &Stage,
) -> candle_core::Result<Tensor> {
    let whole = sigma(to) * (to - from).exp_m1();
    let share = whole / (2.0 * inner.part);
    blend(&[(1.0, x), (share - whole, noise), (-share, &inner.noise)])
}

fn third_order(
    session: &mut Session,
    x: &Tensor,
    from: f64,
    to: f64,
    noise: &Tensor,
    first: &Stage,
) -> Result<Tensor, SampleError> {
    const PART: f64 = 2.0 / 3.0;
    let time = from + PART * (to - from);
    let there = curved(x, from, time, noise, PART / first.part, &first.noise)?;
    let second = predict_noise(session, &there, time)?;
    Ok(curved(x, from, to, noise, 1.0 / PART, &second)?)
}

/// The exponential step from `from` to `to` with noise that changes linearly; `scale` is the step's
/// length over the distance of the inner point.
fn curved(
    x: &Tensor,
    from: f64,
    to: f64,
    noise: &Tensor,
    scale: f64,
    inner: &Tensor,
) -> candle_core::Result<Tensor> {
    let h = to - from;
    let straight = sigma(to) * h.exp_m1();
    let bend = sigma(to) * scale * (h.exp_m1() / h - 1.0);
    blend(&[(1.0, x), (bend - straight, noise), (-bend, inner)])
}

fn predict_noise(session: &mut Session, x: &Tensor, time: f64) -> Result<Tensor, SampleError> {
    let level = sigma(time) as f32;
    let denoised = session.denoise(x, level)?;
    Ok(slope(x, &denoised, level.into())?)
}

fn sigma(time: f64) -> f64 {
    (-time).exp()
}

/// The times of the first level and of the last one above zero.
fn time_range(session: &Session) -> Option<[f64; 2]> {
    let last = session.sigmas.iter().rfind(|&&sigma| sigma > 0.0)?;
    let time = |sigma: f32| -f64::from(sigma).ln();
    Some([time(session.sigmas[0]), time(*last)])
}

#[cfg(test)]
mod tests {
    use super::orders;

    #[test]
    fn orders_add_up_to_the_model_calls() {
        for calls in 0..20 {
            assert_eq!(orders(calls).iter().sum::<usize>(), calls);
        }
        assert_eq!(orders(6), [3, 2, 1]);
        assert_eq!(orders(7), [3, 3, 1]);
        assert_eq!(orders(3), [2, 1]);
    }
}
