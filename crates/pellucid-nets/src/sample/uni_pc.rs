//! Unified predictor and corrector (Zhao et al. 2023, UniPC) on denoised latents of variance one.

use candle_core::Tensor;

use super::SampleError;
use super::blend::blend;
use super::polynomial::solve;
use super::session::Session;
use crate::schedule::{exp, ln};

/// The function B(h) of the paper.
#[derive(Clone, Copy)]
pub(super) enum Variant {
    /// h.
    B1,
    /// e^h - 1.
    B2,
}

/// Where a schedule that ends in zero ends instead: the rule is in log sigma.
const LAST: f32 = 0.001;
const ORDER: usize = 3;

/// An answer of the model and the level it was given at, in λ = ln α - ln s.
struct Answer {
    lambda: f64,
    denoised: Tensor,
}

/// A level as a process of variance one sees it.
///
/// Single precision is not for speed: near zero `1 + σ²` keeps few digits of σ, which shifts the
/// last level by two percent. Results are recorded with that shift.
#[derive(Clone, Copy)]
struct Level {
    /// The share of the picture, α.
    alpha: f64,
    /// The share of the noise, s.
    noise: f64,
    /// Half the logarithm of the signal-to-noise ratio.
    lambda: f64,
}

impl Level {
    fn new(sigma: f32) -> Self {
        let log_alpha = 0.5 * ln(1.0 / (sigma * sigma + 1.0));
        let variance = 1.0 - exp(2.0 * log_alpha);
        let lambda = log_alpha - 0.5 * ln(variance);
        Self { alpha: exp(log_alpha).into(), noise: variance.sqrt().into(), lambda: lambda.into() }
    }
}

pub(super) fn uni_pc(
    session: &mut Session,
    x: Tensor,
    variant: Variant,
) -> Result<Tensor, SampleError> {
    let steps = session.steps();
    if steps == 0 {
        return Ok(x);
    }
    let mut levels: Vec<Level> = session.sigmas.iter().map(|&sigma| Level::new(sigma)).collect();
    if session.sigmas[steps] == 0.0 {
        levels[steps] = Level::new(LAST);
    }
    let most = ORDER.min(steps - 1).max(1);
    let mut y = x.affine(levels[0].alpha, 0.0)?;
    let mut x = x;
    let mut denoised = session.denoise(&x, session.sigmas[0])?;
    // The model's answers, latest first.
    let mut answers: Vec<Answer> = Vec::new();
    for i in 0..steps {
        session.report(i, &x, &denoised)?;
        answers.insert(0, Answer { lambda: levels[i].lambda, denoised });
        answers.truncate(ORDER);
        let order = if i + 1 < most { i + 1 } else { most.min(steps - i) };
        let update = Update::new([levels[i], levels[i + 1]], &answers[..order], variant);
        let predicted = update.predict(&y, &answers[..order])?;
        let unscale = 1.0 / levels[i + 1].alpha;
        if i + 1 == steps {
            return Ok(predicted.affine(unscale, 0.0)?);
        }
        denoised = session.denoise(&predicted.affine(unscale, 0.0)?, session.sigmas[i + 1])?;
        y = update.correct(&y, &answers[..order], &denoised)?;
        x = y.affine(unscale, 0.0)?;
    }
    Ok(x)
}

/// The coefficients of one step.
struct Update {
    /// Of the latent and of the latest answer, without any correction.
    base: [f64; 2],
    /// Of all corrections.
    scale: f64,
    /// The distances of the earlier answers, and of the step's end, in steps.
    distances: Vec<f64>,
    /// The right sides of the order conditions.
    conditions: Vec<f64>,
}

impl Update {
    fn new([from, to]: [Level; 2], answers: &[Answer], variant: Variant) -> Self {
        let length = to.lambda - from.lambda;
        let hh = -length;
        let phi = hh.exp_m1();
        let b = match variant {
            Variant::B1 => hh,
            Variant::B2 => phi,
        };
        let earlier = answers[1..].iter().map(|answer| (answer.lambda - from.lambda) / length);
        let mut distances: Vec<f64> = earlier.collect();
        distances.push(1.0);
        let (mut factorial, mut phi_k) = (1.0, phi / hh - 1.0);
        let mut conditions = Vec::new();
        for order in 1..=answers.len() {
            conditions.push(phi_k * factorial / b);
            factorial *= (order + 1) as f64;
            phi_k = phi_k / hh - 1.0 / factorial;
        }
        let base = [to.noise / from.noise, -to.alpha * phi];
        Self { base, scale: -to.alpha * b, distances, conditions }
    }

    fn predict(&self, y: &Tensor, answers: &[Answer]) -> candle_core::Result<Tensor> {
        let weights = match answers.len() {
            1 => Vec::new(),
            2 => vec![0.5],
            order => self.weights(order - 1),
        };
        self.step(y, answers, &weights, None)
    }

    fn correct(
        &self,
        y: &Tensor,
        answers: &[Answer],
        ahead: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let weights = if answers.len() == 1 { vec![0.5] } else { self.weights(answers.len()) };
        self.step(y, answers, &weights, Some(ahead))
    }

    /// The weights that meet the first `count` order conditions.
    fn weights(&self, count: usize) -> Vec<f64> {
        let power = |order| self.distances[..count].iter().map(|r| r.powi(order)).collect();
        let rows = (0..).take(count).map(power).collect();
        solve(rows, self.conditions[..count].to_vec())
    }

    fn step(
        &self,
        y: &Tensor,
        answers: &[Answer],
        weights: &[f64],
        ahead: Option<&Tensor>,
    ) -> candle_core::Result<Tensor> {
        let others = answers[1..].iter().map(|answer| &answer.denoised).chain(ahead);
        let factors = weights.iter().zip(&self.distances).map(|(w, r)| self.scale * w / r);
        let corrections: Vec<(f64, &Tensor)> = factors.zip(others).collect();
        let taken: f64 = corrections.iter().map(|(factor, _)| factor).sum();
        let mut terms = vec![(self.base[0], y), (self.base[1] - taken, &answers[0].denoised)];
        terms.extend(corrections);
        blend(&terms)
    }
}
