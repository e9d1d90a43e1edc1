//! From noise to latents, for sheets and measures: Euler's method along Karras' levels.

use candle_core::{Device, Tensor};
use pellucid_nets::schedule::Discretisation;

use crate::error::TrainError;
use crate::random::Random;

/// How to sample.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Steps.
    pub steps: usize,
    /// How far to go from the empty caption towards the caption: 1 is to it.
    pub guidance: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// What a denoiser is asked while sampling: rows with the caption, then as many without.
pub struct Question<'a> {
    /// Latents with noise, `[2b, c, h, w]`.
    pub x: &'a Tensor,
    /// The time of each row.
    pub times: &'a [f32],
    /// The contexts, `[2b, 77, width]`.
    pub context: &'a Tensor,
}

/// Latents for captions: `context` and `empty` are `[b, 77, width]`; the result is `[b, c, h, w]`, scaled as
/// the UNet sees it.
pub fn sample(
    denoise: &dyn Fn(Question<'_>) -> Result<Tensor, TrainError>,
    context: &Tensor,
    empty: &Tensor,
    [channels, height, width]: [usize; 3],
    how: Sampling,
    device: &Device,
) -> Result<Tensor, TrainError> {
    let table = Discretisation::stable_diffusion();
    let batch = context.dim(0)?;
    let context = &Tensor::cat(&[context, empty], 0)?;
    let levels = levels(&table, how.steps);
    let noise = Random::new(how.seed, &[0x7361]).normals(batch * channels * height * width);
    let noise = Tensor::from_vec(noise, (batch, channels, height, width), device)?;
    let mut x = (noise * f64::from(levels[0]))?;
    for pair in levels.windows(2) {
        let (sigma, next) = (f64::from(pair[0]), f64::from(pair[1]));
        let seen = (&x / (sigma * sigma + 1.0).sqrt())?;
        let times = &vec![table.timestep(pair[0]) as f32; 2 * batch];
        let noise = denoise(Question { x: &Tensor::cat(&[&seen, &seen], 0)?, times, context })?;
        let noise = noise.detach();
        let (with, without) = (noise.narrow(0, 0, batch)?, noise.narrow(0, batch, batch)?);
        let noise = (&without + ((with - &without)? * how.guidance)?)?;
        x = (x + (noise * (next - sigma))?)?;
    }
    Ok(x)
}

/// Karras et al. 2022 with ρ = 7, and a zero at the end.
fn levels(table: &Discretisation, steps: usize) -> Vec<f32> {
    let (least, most) = (table.sigma_min().powf(1.0 / 7.0), table.sigma_max().powf(1.0 / 7.0));
    let steps = steps.max(1);
    let level = |i: usize| {
        let part = i as f32 / (steps.max(2) - 1) as f32;
        (most + part * (least - most)).powi(7)
    };
    (0..steps).map(level).chain([0.0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denoiser_that_knows_the_picture_leads_to_it() {
        let device = Device::Cpu;
        let table = Discretisation::stable_diffusion();
        let context = Tensor::zeros((1, 77, 4), candle_core::DType::F32, &device).unwrap();
        // A picture of 0.5 everywhere: the noise is what differs from it.
        let denoise = |question: Question<'_>| {
            let sigma = f64::from(table.sigmas[question.times[0] as usize]);
            let x = (question.x * (sigma * sigma + 1.0).sqrt())?;
            Ok(((x - 0.5)? / sigma)?)
        };
        let how = Sampling { steps: 8, guidance: 3.0, seed: 1 };
        let got = sample(&denoise, &context, &context, [1, 2, 2], how, &device).unwrap();
        for value in got.flatten_all().unwrap().to_vec1::<f32>().unwrap() {
            // Times are whole numbers, so levels are a little off those that were meant.
            assert!((value - 0.5).abs() < 0.05, "{value}");
        }
    }
}
