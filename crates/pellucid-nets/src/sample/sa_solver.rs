//! Stochastic Adams solver, a predictor and corrector (Xue et al. 2023, SA-Solver).

use candle_core::Tensor;

use super::SampleError;
use super::blend::blend;
use super::polynomial::lagrange_basis;
use super::session::Session;

const PREDICTOR_ORDER: usize = 3;
const CORRECTOR_ORDER: usize = 4;

/// The part of the training time in which noise is added.
const NOISY: [f64; 2] = [0.2, 0.8];

/// The step the last prediction was made with.
struct Move {
    tau: f64,
    noise: Option<Tensor>,
}

/// With `twice`, the model is asked again after every correction.
pub(super) fn sa_solver(
    session: &mut Session,
    mut x: Tensor,
    twice: bool,
) -> Result<Tensor, SampleError> {
    let steps = session.steps();
    let to_zero = session.sigmas[steps] == 0.0;
    let lambdas: Vec<f64> = session.sigmas.iter().map(|&sigma| -f64::from(sigma).ln()).collect();
    let [from, to] = NOISY.map(|percent| session.table.percent_to_sigma(percent));
    let mut predicted = x.clone();
    let mut last = Move { tau: 0.0, noise: None };
    // The model's answers, oldest first.
    let mut answers: Vec<Tensor> = Vec::new();
    for i in 0..steps {
        let sigma = session.sigmas[i];
        let mut denoised = session.denoise(&predicted, sigma)?;
        session.report(i, &predicted, &denoised)?;
        answers.push(denoised.clone());
        answers.drain(..answers.len().saturating_sub(CORRECTOR_ORDER));
        let ends_here = session.sigmas[i + 1] == 0.0;
        let order = corrector_order(i, steps, answers.len(), to_zero, ends_here && !twice);
        if order == 0 {
            x = predicted;
        } else {
            x = advance(&x, &answers, &lambdas, [i - 1, i, i], order, last.tau)?;
            if let Some(noise) = &last.noise {
                x = (x + noise)?;
            }
            if twice {
                denoised = session.denoise(&x, sigma)?;
                answers.pop();
                answers.push(denoised.clone());
            }
        }
        if ends_here {
            return Ok(denoised);
        }
        let next = f64::from(session.sigmas[i + 1]);
        let tau = if from >= next && next >= to { session.options.eta } else { 0.0 };
        let mut order = PREDICTOR_ORDER.min(answers.len());
        if to_zero {
            order = order.min(steps - 1 - i);
        }
        predicted = advance(&x, &answers, &lambdas, [i, i + 1, i], order, tau)?;
        last = Move { tau, noise: step_noise(session, i, tau, lambdas[i + 1] - lambdas[i])? };
        if let Some(noise) = &last.noise {
            predicted = (predicted + noise)?;
        }
    }
    Ok(predicted)
}

/// Zero where there is nothing to correct; low again near the end, for stability.
fn corrector_order(i: usize, steps: usize, known: usize, to_zero: bool, skip: bool) -> usize {
    if i == 0 || skip {
        return 0;
    }
    let order = CORRECTOR_ORDER.min(known);
    if to_zero { order.min(steps - i) } else { order }
}

/// Goes from level `from` to level `to` with the last `order` answers, the latest of which was
/// given at level `latest`.
fn advance(
    x: &Tensor,
    answers: &[Tensor],
    lambdas: &[f64],
    [from, to, latest]: [usize; 3],
    order: usize,
    tau: f64,
) -> Result<Tensor, SampleError> {
    let h = lambdas[to] - lambdas[from];
    let growth = 1.0 + tau * tau;
    let nodes: Vec<f64> =
        (latest + 1 - order..=latest).map(|level| lambdas[level] - lambdas[to]).collect();
    let moments = moments(growth, h, order);
    let weights = lagrange_basis(&nodes)
        .into_iter()
        .map(|basis| basis.iter().zip(&moments).map(|(factor, moment)| factor * moment).sum());
    let mut terms: Vec<(f64, &Tensor)> = vec![((-growth * h).exp(), x)];
    terms.extend(weights.zip(&answers[answers.len() - order..]));
    Ok(blend(&terms)?)
}

/// The integrals over the step of growth·e^(growth·u)·u^p, where u counts from its end.
fn moments(growth: f64, h: f64, count: usize) -> Vec<f64> {
    let decay = (-growth * h).exp();
    let mut moments = vec![-(-growth * h).exp_m1()];
    for power in (1..).take(count.saturating_sub(1)) {
        let before = moments[moments.len() - 1];
        moments.push(-decay * (-h).powi(power) - f64::from(power) / growth * before);
    }
    moments
}

fn step_noise(
    session: &mut Session,
    i: usize,
    tau: f64,
    h: f64,
) -> Result<Option<Tensor>, SampleError> {
    let scale =
        session.levels(i)[1] * (-(-2.0 * tau * tau * h).exp_m1()).sqrt() * session.options.s_noise;
    if scale == 0.0 {
        return Ok(None);
    }
    let noise = session.draw(session.sigmas[i], session.sigmas[i + 1])?;
    Ok(Some(noise.affine(scale, 0.0)?))
}
