//! DPM-Solver++ (Lu et al. 2022), which steps in the model's denoised latents.

use candle_core::Tensor;

use super::SampleError;
use super::blend::{blend, toward};
use super::session::{Session, ancestral_split};

pub(super) fn dpmpp_2s_ancestral(
    session: &mut Session,
    mut x: Tensor,
) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, session.options.eta);
        let moved = if down == 0.0 {
            denoised
        } else {
            let level = (sigma * down).sqrt();
            let half = toward(&x, &denoised, sigma, level)?;
            let there = session.denoise(&half, level as f32)?;
            toward(&x, &there, sigma, down)?
        };
        x = session.renoise(moved, i, up)?;
    }
    Ok(x)
}

pub(super) fn dpmpp_2s_ancestral_cfg_pp(
    session: &mut Session,
    mut x: Tensor,
) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let (denoised, uncond) = session.denoise_both(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (down, up) = ancestral_split(sigma, next, session.options.eta);
        let moved = if down == 0.0 {
            denoised
        } else {
            let level = (sigma * down).sqrt();
            let shifted = blend(&[(1.0, &x), (1.0, &denoised), (-1.0, &uncond)])?;
            let half = toward(&shifted, &denoised, sigma, level)?;
            let (there, uncond) = session.denoise_both(&half, level as f32)?;
            let shifted = blend(&[(1.0, &x), (1.0, &denoised), (-1.0, &uncond)])?;
            toward(&shifted, &there, sigma, down)?
        };
        x = session.renoise(moved, i, up)?;
    }
    Ok(x)
}

pub(super) fn dpmpp_2m(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let mut before: Option<(f64, Tensor)> = None;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let h = (sigma / next).ln();
        x = match &before {
            Some((h_before, older)) if next > 0.0 => {
                let half = h / (2.0 * h_before);
                let ahead = blend(&[(1.0 + half, &denoised), (-half, older)])?;
                toward(&x, &ahead, sigma, next)?
            }
            _ => toward(&x, &denoised, sigma, next)?,
        };
        before = Some((h, denoised));
    }
    Ok(x)
}

pub(super) fn dpmpp_2m_cfg_pp(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let mut before: Option<(f64, Tensor)> = None;
    for i in 0..session.steps() {
        let (denoised, uncond) = session.denoise_both(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        let (h, left) = ((sigma / next).ln(), next / sigma);
        x = match &before {
            _ if next == 0.0 => denoised,
            None => blend(&[(1.0, &denoised), (left, &x), (-left, &uncond)])?,
            Some((h_before, older)) => {
                let bend = -(-h).exp_m1() * h / (2.0 * h_before);
                let terms = [(1.0 + bend, &denoised), (left, &x), (-left, &uncond), (-bend, older)];
                blend(&terms)?
            }
        };
        before = Some((h, uncond));
    }
    Ok(x)
}
