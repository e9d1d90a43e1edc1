//! Latents with noise, as a denoiser sees them in training.

use std::ops::Range;

use candle_core::{Device, Tensor};
use pellucid_nets::schedule::Discretisation;

use crate::error::TrainError;
use crate::losses::mean_square;
use crate::random::Random;

/// The noise schedule of Stable Diffusion.
pub struct Noising {
    /// The part of a latent's variance that is signal, at every time.
    alphas: Vec<f64>,
}

/// Rows of a batch.
pub struct Rows {
    /// Latents with noise, `[b, c, h, w]`.
    pub noisy: Tensor,
    /// The noise, to be found.
    pub noise: Tensor,
    /// The time of each row.
    pub times: Vec<f32>,
}

impl Default for Noising {
    fn default() -> Self {
        let alpha = |sigma: f32| 1.0 / (f64::from(sigma) * f64::from(sigma) + 1.0);
        let sigmas = Discretisation::stable_diffusion().sigmas;
        Self { alphas: sigmas.into_iter().map(alpha).collect() }
    }
}

impl Noising {
    /// Adds noise; each `frames` rows share a time, and times are spread evenly over the batch.
    pub fn rows(
        &self,
        latents: &[&[f32]],
        frames: usize,
        [channels, height, width]: [usize; 3],
        random: &mut Random,
        device: &Device,
    ) -> Result<Rows, TrainError> {
        let (mut noisy, mut noises, mut times) = (Vec::new(), Vec::new(), Vec::new());
        let groups = latents.len().div_ceil(frames.max(1)).max(1);
        for (group, latents) in latents.chunks(frames.max(1)).enumerate() {
            let count = self.alphas.len();
            let part = (group as f32 + random.unit()) / groups as f32;
            let time = ((part * count as f32) as usize).min(count - 1);
            let signal = self.alphas[time].sqrt() as f32;
            let strength = (1.0 - self.alphas[time]).sqrt() as f32;
            for latent in latents {
                let noise = random.normals(latent.len());
                noisy.extend(latent.iter().zip(&noise).map(|(x, n)| signal * x + strength * n));
                noises.extend(noise);
                times.push(time as f32);
            }
        }
        let shape = (latents.len(), channels, height, width);
        let noisy = Tensor::from_vec(noisy, shape, device)?;
        Ok(Rows { noisy, noise: Tensor::from_vec(noises, shape, device)?, times })
    }
}

impl Rows {
    /// Some of the rows.
    pub fn part(&self, part: Range<usize>) -> Result<Self, TrainError> {
        let cut = |x: &Tensor| x.narrow(0, part.start, part.len());
        let times = self.times[part.clone()].to_vec();
        Ok(Self { noisy: cut(&self.noisy)?, noise: cut(&self.noise)?, times })
    }

    /// The loss of what was found: the mean square difference from the noise.
    pub fn loss(&self, found: &Tensor) -> Result<Tensor, TrainError> {
        mean_square(found, &self.noise)
    }

    /// The loss of the first and of the second half of the rows, which are in the order of time.
    pub fn halves(&self, found: &Tensor) -> Result<[f32; 2], TrainError> {
        let rows = found.dim(0)?;
        let half = rows.div_ceil(2);
        let of = |start: usize, count: usize| -> Result<f32, TrainError> {
            let part = |x: &Tensor| x.narrow(0, start, count);
            Ok(mean_square(&part(found)?, &part(&self.noise)?)?.to_scalar()?)
        };
        Ok([of(0, half)?, of(half.min(rows - 1), (rows - half).max(1))?])
    }
}
