//! Stochastic DPM-Solver++: the same steps with noise from a Brownian path.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, toward};
use super::session::{Session, ancestral_split};
use crate::schedule::{exp, ln};

/// How the second-order term is made.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Midpoint,
    Heun,
}

/// Two model calls a step. The inner level is computed in single precision, bit for bit as other
/// programs do: the Brownian path rounds its ends, so a bit more or less is other noise.
pub(super) fn dpmpp_sde(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let (eta, r) = (session.options.eta, session.options.r);
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let (start, end) = (-ln(session.sigmas[i]), -ln(session.sigmas[i + 1]));
        let inner = exp(-(start + r as f32 * (end - start)));
        let (down, up) = ancestral_split(sigma, inner.into(), eta);
        let mut there = toward(&x, &denoised, sigma, down)?;
        if up * session.options.s_noise != 0.0 {
            let noise = session.draw(session.sigmas[i], inner)?;
            there = blend(&[(1.0, &there), (up * session.options.s_noise, &noise)])?;
        }
        let second = session.denoise(&there, inner)?;
        let (down, up) = ancestral_split(sigma, next, eta);
        let half = 1.0 / (2.0 * r);
        let mean = blend(&[(1.0 - half, &denoised), (half, &second)])?;
        x = session.renoise(toward(&x, &mean, sigma, down)?, i, up)?;
    }
    Ok(x)
}

pub(super) fn dpmpp_2m_sde(
    session: &mut Session,
    mut x: Tensor,
    form: Form,
) -> Result<Tensor, SampleError> {
    let eta = session.options.eta;
    let mut before: Option<(f64, Tensor)> = None;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let h = (sigma / next).ln();
        let whole = h * (1.0 + eta);
        let mut moved = decay(&x, &denoised, whole)?;
        if let Some((h_before, older)) = &before {
            let factor = match form {
                Form::Midpoint => -0.5 * (-whole).exp_m1(),
                Form::Heun => (-whole).exp_m1() / whole + 1.0,
            };
            let bend = factor * h / h_before;
            moved = blend(&[(1.0, &moved), (bend, &denoised), (-bend, older)])?;
        }
        x = session.renoise(moved, i, new_noise(next, h, eta))?;
        before = Some((h, denoised));
    }
    Ok(x)
}

pub(super) fn dpmpp_3m_sde(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let eta = session.options.eta;
    // The lengths and answers of the last two steps, latest first.
    let mut before: Vec<(f64, Tensor)> = Vec::new();
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let h = (sigma / next).ln();
        let whole = h * (1.0 + eta);
        let phi2 = (-whole).exp_m1() / whole + 1.0;
        let phi3 = phi2 / whole - 0.5;
        let moved = decay(&x, &denoised, whole)?;
        let moved = match before.as_slice() {
            [] => moved,
            [(h1, first)] => {
                let bend = phi2 * h / h1;
                blend(&[(1.0, &moved), (bend, &denoised), (-bend, first)])?
            }
            [(h1, first), (h2, second), ..] => {
                let (r0, r1) = (h1 / h, h2 / h);
                // Weights of the two divided differences in the first and the second derivative.
                let near = phi2 * (1.0 + r0 / (r0 + r1)) - phi3 / (r0 + r1);
                let far = phi3 / (r0 + r1) - phi2 * r0 / (r0 + r1);
                blend(&[
                    (1.0, &moved),
                    (near / r0, &denoised),
                    (far / r1 - near / r0, first),
                    (-far / r1, second),
                ])?
            }
        };
        x = session.renoise(moved, i, new_noise(next, h, eta))?;
        before.insert(0, (h, denoised));
        before.truncate(2);
    }
    Ok(x)
}

/// `x` moved to its denoised latent over a length of `h` in log sigma.
fn decay(x: &Tensor, denoised: &Tensor, h: f64) -> candle_core::Result<Tensor> {
    blend(&[((-h).exp(), x), (-(-h).exp_m1(), denoised)])
}

/// The deviation of the noise that makes up for what `eta` took away.
fn new_noise(next: f64, h: f64, eta: f64) -> f64 {
    next * (-(-2.0 * h * eta).exp_m1()).sqrt()
}
