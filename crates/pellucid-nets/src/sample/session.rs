//! What every rule works with: the levels, the model, the noise and the observer of one run.

use candle_core::Tensor;

use super::blend::blend;
use super::model::Inpaint;
use super::{Denoised, Denoiser, Options, SampleError};
use crate::noise::{Generator, StepNoise};
use crate::schedule::Discretisation;

/// One step of a run, as its observer sees it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Which step it is, from zero.
    pub index: usize,
    /// How many there will be; a guess for `dpm_adaptive`, which may need more.
    pub total: usize,
    /// The level of `x`.
    pub sigma: f32,
    /// The noisy latent before the step.
    pub x: &'a Tensor,
    /// What the model makes of it: a preview of the result.
    pub denoised: &'a Tensor,
}

/// Looks on at a run, and ends it by returning an error.
pub type Observer<'a> = dyn FnMut(&Step) -> Result<(), SampleError> + 'a;

/// The state of a run that the rules share.
pub(super) struct Session<'a> {
    pub(super) sigmas: &'a [f32],
    pub(super) options: &'a Options,
    pub(super) table: &'a Discretisation,
    pub(super) denoiser: &'a mut dyn Denoiser,
    pub(super) inpaint: Option<&'a Inpaint>,
    pub(super) noise: &'a mut dyn StepNoise,
    pub(super) generator: Generator,
    pub(super) observe: &'a mut Observer<'a>,
}

impl Session<'_> {
    /// The number of steps.
    pub(super) fn steps(&self) -> usize {
        self.sigmas.len() - 1
    }

    /// The levels that step `i` begins and ends at.
    pub(super) fn levels(&self, i: usize) -> [f64; 2] {
        [self.sigmas[i].into(), self.sigmas[i + 1].into()]
    }

    /// The model's guided answer.
    pub(super) fn denoise(&mut self, x: &Tensor, sigma: f32) -> Result<Tensor, SampleError> {
        Ok(self.ask(x, sigma, false)?.guided)
    }

    /// The model's guided answer and that to the negative prompt; the mask is for the first alone.
    pub(super) fn denoise_both(
        &mut self,
        x: &Tensor,
        sigma: f32,
    ) -> Result<(Tensor, Tensor), SampleError> {
        let Denoised { guided, uncond } = self.ask(x, sigma, true)?;
        Ok((guided, uncond.ok_or(SampleError::NoUncond)?))
    }

    fn ask(&mut self, x: &Tensor, sigma: f32, uncond: bool) -> Result<Denoised, SampleError> {
        let Some(inpaint) = self.inpaint else { return self.denoiser.denoise(x, sigma, uncond) };
        let Denoised { guided, uncond } =
            self.denoiser.denoise(&inpaint.before(x, sigma)?, sigma, uncond)?;
        Ok(Denoised { guided: inpaint.after(&guided)?, uncond })
    }

    /// Tells the observer about step `index` of the schedule.
    pub(super) fn report(
        &mut self,
        index: usize,
        x: &Tensor,
        denoised: &Tensor,
    ) -> Result<(), SampleError> {
        let (total, sigma) = (self.steps(), self.sigmas[index]);
        (self.observe)(&Step { index, total, sigma, x, denoised })
    }

    /// Tells the observer about a step that is not one of the schedule's.
    pub(super) fn report_step(&mut self, step: &Step) -> Result<(), SampleError> {
        (self.observe)(step)
    }

    /// Unit-variance noise for the step from `sigma` to `next`.
    pub(super) fn draw(&mut self, sigma: f32, next: f32) -> Result<Tensor, SampleError> {
        Ok(self.noise.draw(sigma, next)?)
    }

    /// `x` with `deviation` times the noise of step `i`, and the factor on all noise.
    pub(super) fn renoise(
        &mut self,
        x: Tensor,
        i: usize,
        deviation: f64,
    ) -> Result<Tensor, SampleError> {
        let scale = deviation * self.options.s_noise;
        if scale == 0.0 {
            return Ok(x);
        }
        let noise = self.draw(self.sigmas[i], self.sigmas[i + 1])?;
        Ok(blend(&[(1.0, &x), (scale, &noise)])?)
    }

    /// `x` with the churn of step `i`, and the level that raises it to.
    pub(super) fn churn(&mut self, x: Tensor, i: usize) -> Result<(Tensor, f32), SampleError> {
        let (churn, sigma) = (self.options.churn, f64::from(self.sigmas[i]));
        let inside = churn.sigma_min <= sigma && sigma <= churn.sigma_max;
        if !inside || churn.amount <= 0.0 {
            return Ok((x, self.sigmas[i]));
        }
        let most = std::f64::consts::SQRT_2 - 1.0;
        let raised = sigma * (1.0 + (churn.amount / self.steps() as f64).min(most));
        let noise = self.generator.randn(x.shape())?.to_device(x.device())?;
        let scale = self.options.s_noise * (raised * raised - sigma * sigma).sqrt();
        Ok((blend(&[(1.0, &x), (scale, &noise)])?, raised as f32))
    }
}

/// The level to step down to and the noise to add there, so that the level ends at `next`.
pub(super) fn ancestral_split(sigma: f64, next: f64, eta: f64) -> (f64, f64) {
    if eta == 0.0 {
        return (next, 0.0);
    }
    let kept = next * next * (sigma * sigma - next * next) / (sigma * sigma);
    let up = (eta * kept.max(0.0).sqrt()).min(next);
    ((next * next - up * up).max(0.0).sqrt(), up)
}
