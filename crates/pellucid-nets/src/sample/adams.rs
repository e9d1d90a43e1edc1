//! Multistep rules that extrapolate the slopes of earlier steps.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, slope};
use super::polynomial::lagrange_basis;
use super::session::Session;

/// Linear multistep: the integral of the polynomial through the latest slopes.
pub(super) fn lms(session: &mut Session, x: Tensor) -> Result<Tensor, SampleError> {
    multistep(session, x, 4, |sigmas, i, order| {
        let [from, to] = [sigmas[i], sigmas[i + 1]];
        // Counted from the step's start, for the sake of the last digits.
        let nodes: Vec<f64> = (0..order).map(|back| sigmas[i - back] - from).collect();
        lagrange_basis(&nodes).iter().map(|basis| integral(basis, to - from)).collect()
    })
}

/// The integral of a polynomial from zero to `end`.
fn integral(polynomial: &[f64], end: f64) -> f64 {
    let powers = (1..).zip(polynomial);
    powers.map(|(power, factor)| factor * end.powi(power) / f64::from(power)).sum()
}

/// Adams-Bashforth weights, as if all steps were equal (Liu et al. 2022; Zhang and Chen 2023).
pub(super) fn ipndm(session: &mut Session, x: Tensor) -> Result<Tensor, SampleError> {
    multistep(session, x, 4, |sigmas, i, order| {
        let (whole, weights): (f64, &[f64]) = match order {
            1 => (1.0, &[1.0]),
            2 => (2.0, &[3.0, -1.0]),
            3 => (12.0, &[23.0, -16.0, 5.0]),
            _ => (24.0, &[55.0, -59.0, 37.0, -9.0]),
        };
        weights.iter().map(|weight| weight / whole * (sigmas[i + 1] - sigmas[i])).collect()
    })
}

/// Adams-Bashforth weights for uneven steps.
pub(super) fn ipndm_v(session: &mut Session, x: Tensor) -> Result<Tensor, SampleError> {
    multistep(session, x, 4, |sigmas, i, order| {
        let h = sigmas[i + 1] - sigmas[i];
        // The lengths of the steps before this one, latest first.
        let before = |back: usize| sigmas[i + 1 - back] - sigmas[i - back];
        let weights = match order {
            1 => vec![1.0],
            2 => two_slopes(h, before(1)),
            3 => three_slopes(h, before(1), before(2)),
            _ => four_slopes(h, before(1), before(2), before(3)),
        };
        weights.into_iter().map(|weight| weight * h).collect()
    })
}

fn two_slopes(h: f64, h1: f64) -> Vec<f64> {
    let q = h / h1;
    vec![(2.0 + q) / 2.0, -q / 2.0]
}

fn three_slopes(h: f64, h1: f64, h2: f64) -> Vec<f64> {
    let curve = (1.0 - h / (3.0 * (h + h1)) * h * (h + h1) / (h1 * (h1 + h2))) / 2.0;
    let [first, second] = [two_slopes(h, h1)[0], two_slopes(h, h1)[1]];
    let q = h1 / h2;
    vec![first + curve, second - (1.0 + q) * curve, q * curve]
}

fn four_slopes(h: f64, h1: f64, h2: f64, h3: f64) -> Vec<f64> {
    let sum2 = h1 + h2;
    let sum3 = sum2 + h3;
    let turn = ((1.0 - h / (3.0 * (h + h1))) / 2.0
        + (1.0 - h / (2.0 * (h + h1))) * h / (6.0 * (h + sum2)))
        * h
        * (h + h1)
        * (h + sum2)
        / (h1 * sum2 * sum3);
    let g = h1 * sum2 / (h2 * (h2 + h3));
    let lower = three_slopes(h, h1, h2);
    let q = h1 / h2;
    vec![
        lower[0] + turn,
        lower[1] - (1.0 + q + g) * turn,
        lower[2] + (q + g * (1.0 + h2 / h3)) * turn,
        -turn * g * q,
    ]
}

/// Steps by a weighted sum of the latest slopes, newest first; `weights` gets the levels, the step
/// and how many slopes there are.
pub(super) fn multistep(
    session: &mut Session,
    mut x: Tensor,
    usual_order: usize,
    weights: impl Fn(&[f64], usize, usize) -> Vec<f64>,
) -> Result<Tensor, SampleError> {
    let sigmas: Vec<f64> = session.sigmas.iter().map(|&sigma| sigma.into()).collect();
    let most = session.options.order.unwrap_or(usual_order).clamp(1, usual_order);
    let mut slopes: Vec<Tensor> = Vec::new();
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        if sigmas[i + 1] == 0.0 {
            return Ok(denoised);
        }
        slopes.insert(0, slope(&x, &denoised, sigmas[i])?);
        slopes.truncate(most);
        let mut terms = vec![(1.0, &x)];
        terms.extend(weights(&sigmas, i, slopes.len()).into_iter().zip(&slopes));
        x = blend(&terms)?;
    }
    Ok(x)
}
