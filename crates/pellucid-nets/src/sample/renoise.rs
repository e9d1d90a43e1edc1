//! Samplers that go back to the training process: denoise, then add its noise again.

use candle_core::Tensor;

use super::SampleError;
use super::blend::blend;
use super::session::Session;

/// Ancestral sampling of the discrete diffusion process (Ho et al. 2020), in its own scale of
/// variance one.
pub(super) fn ddpm(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        let [sigma, next] = session.levels(i);
        if next == 0.0 {
            return Ok(denoised);
        }
        let [left, left_next] = [sigma, next].map(|sigma| 1.0 / (1.0 + sigma * sigma));
        let alpha = left / left_next;
        // The posterior's mean is a line through x and the denoised latent; both factors are scaled
        // back from variance one.
        let noise = (1.0 - alpha) / (1.0 - left).sqrt() / sigma;
        let scale = (1.0 / alpha / left_next).sqrt();
        let mean = blend(&[(scale * (left.sqrt() - noise), &x), (scale * noise, &denoised)])?;
        let variance = (1.0 - alpha) * (1.0 - left_next) / (1.0 - left) / left_next;
        x = session.renoise(mean, i, variance.sqrt())?;
    }
    Ok(x)
}

/// Multistep consistency sampling (Luo et al. 2023).
pub(super) fn lcm(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        x = session.renoise(denoised, i, session.levels(i)[1])?;
    }
    Ok(x)
}
