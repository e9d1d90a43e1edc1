//! Samplers: the rules that step a noisy latent down a schedule, and one run of such a rule.

mod adams;
mod blend;
mod deis;
mod dpm2;
mod dpm_solver;
mod dpmpp;
mod dpmpp_sde;
mod er_sde;
mod error;
mod euler;
mod gradient_estimation;
mod heun;
mod model;
mod options;
mod polynomial;
mod renoise;
mod res_multistep;
mod sa_solver;
mod sampler;
mod seeds;
mod session;
mod uni_pc;

pub use error::SampleError;
pub use model::{Denoised, Denoiser};
pub use options::{Churn, Options};
pub use sampler::{NoiseKind, Sampler};
pub use session::{Observer, Step};

use candle_core::Tensor;

use crate::noise::{BrownianNoise, Generator, SeededNoise, StepNoise, initial_noise};
use crate::schedule::Discretisation;
use model::Inpaint;
use session::Session;

/// Everything that fixes the result of a run, next to the model.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The rule.
    pub sampler: Sampler,
    /// Its settings.
    pub options: Options,
    /// The levels the model was trained on.
    pub table: &'a Discretisation,
    /// The levels to step through: strictly falling, only the last may be zero. Levels given twice
    /// over are taken once; none at all leave the latent as it is.
    pub sigmas: &'a [f32],
    /// The seed of the noise that stochastic samplers add; see [`Options::noise_seed_offset`].
    pub seed: u64,
    /// The stream the initial noise was drawn from, where that draw left it; churn goes on with it.
    pub generator: Generator,
    /// Unit-variance noise, shaped like the latent.
    pub noise: &'a Tensor,
    /// The latent to start from, in the model's scale, `f32`: batch × channels × height × width.
    pub latent: &'a Tensor,
    /// Where to repaint (1) and where to keep the latent (0), broadcastable to its shape.
    pub mask: Option<&'a Tensor>,
}

/// Runs a sampler from noise to a latent, in the model's scale.
///
/// `observe` is called at every step, before the latent moves, and may end the run with an error.
/// Where the mask is zero and the levels end in zero the result is the latent bit for bit, except
/// with the samplers that stop short of zero ([`Sampler::reaches_zero`]).
///
/// # Errors
/// When the levels do not fall, shapes differ, the model or the observer fails.
pub fn sample(
    run: &Run,
    denoiser: &mut dyn Denoiser,
    observe: &mut Observer,
) -> Result<Tensor, SampleError> {
    let sigmas = falling(run.sigmas)?;
    let mut noise = step_noise(run, &sigmas);
    sample_with_noise(run, denoiser, noise.as_mut(), observe)
}

/// As [`sample`], with the noise of the steps from elsewhere than the run's seed.
///
/// # Errors
/// As [`sample`].
pub fn sample_with_noise(
    run: &Run,
    denoiser: &mut dyn Denoiser,
    noise: &mut dyn StepNoise,
    observe: &mut Observer,
) -> Result<Tensor, SampleError> {
    let sigmas = falling(run.sigmas)?;
    let (Some(&first), Some(&last)) = (sigmas.first(), sigmas.last()) else {
        return Ok(run.latent.clone());
    };
    let initial = run.noise.to_device(run.latent.device())?;
    let x = noisy_start(run.table, &initial, run.latent, first)?;
    let inpaint = match run.mask {
        None => None,
        Some(mask) => Some(Inpaint::new(mask, run.latent, &inpaint_noise(run, &initial)?)?),
    };
    let mut session = Session {
        sigmas: &sigmas,
        options: &run.options,
        table: run.table,
        denoiser,
        inpaint: inpaint.as_ref(),
        noise,
        generator: run.generator.clone(),
        observe,
    };
    let x = run.sampler.run(&mut session, x)?;
    match inpaint {
        Some(inpaint) if last == 0.0 && run.sampler.reaches_zero() => Ok(inpaint.restore(&x)?),
        _ => Ok(x),
    }
}

/// The noisy latent a run starts from: scaled to the model's full noise at the highest level, and
/// the plain sum of the latent and the level's noise below it.
///
/// # Errors
/// When the shapes differ.
pub fn noisy_start(
    table: &Discretisation,
    noise: &Tensor,
    latent: &Tensor,
    sigma: f32,
) -> Result<Tensor, SampleError> {
    if noise.shape() != latent.shape() {
        return Err(SampleError::Shape {
            what: "noise",
            got: noise.dims().to_vec(),
            wanted: latent.dims().to_vec(),
        });
    }
    let (level, highest) = (f64::from(sigma), f64::from(table.sigma_max()));
    let full = level > highest || (level - highest).abs() <= 1e-5 * highest.max(level);
    let scale = if full { (1.0 + level * level).sqrt() } else { level };
    Ok((noise.affine(scale, 0.0)? + latent)?)
}

/// The levels without repeats, or why they cannot be stepped through.
fn falling(sigmas: &[f32]) -> Result<Vec<f32>, SampleError> {
    let mut levels = sigmas.to_vec();
    levels.dedup();
    let positive = levels.iter().take(levels.len().saturating_sub(1)).all(|&sigma| sigma > 0.0);
    let falling = levels.windows(2).all(|pair| pair[0] > pair[1]);
    let finite = levels.iter().all(|sigma| sigma.is_finite() && *sigma >= 0.0);
    if positive && falling && finite { Ok(levels) } else { Err(SampleError::Sigmas(levels)) }
}

fn step_noise(run: &Run, sigmas: &[f32]) -> Box<dyn StepNoise> {
    let (shape, device) = (run.latent.shape().clone(), run.latent.device().clone());
    let lowest = sigmas.iter().copied().rfind(|&sigma| sigma > 0.0);
    match (run.sampler.noise_kind(), lowest, sigmas.first()) {
        (NoiseKind::Brownian, Some(low), Some(&high)) => {
            Box::new(BrownianNoise::new(run.seed, shape, low, high, device))
        }
        _ => {
            let seed = run.seed.wrapping_add(run.options.noise_seed_offset);
            Box::new(SeededNoise { generator: Generator::seeded(seed), shape, device })
        }
    }
}

/// The noise that keeps the unmasked part at the level of the rest: the initial noise, but a draw of
/// its own for `ddim`.
fn inpaint_noise(run: &Run, initial: &Tensor) -> Result<Tensor, SampleError> {
    if run.sampler != Sampler::Ddim {
        return Ok(initial.clone());
    }
    let mut stream = Generator::seeded(run.seed.wrapping_add(1));
    let fresh = initial_noise(&mut stream, run.latent.dims(), None)?;
    Ok(fresh.to_device(run.latent.device())?)
}
