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
    /// The ratio of signal to noise from which on rows weigh less.
    limit: Option<f64>,
}

/// Rows of a batch.
pub struct Rows {
    /// Latents with noise, `[b, c, h, w]`.
    pub noisy: Tensor,
    /// The noise, to be found.
    pub noise: Tensor,
    /// The time of each row.
    pub times: Vec<f32>,
    /// How much each row counts in the loss, `[b, 1, 1, 1]`.
    pub weights: Tensor,
}

impl Noising {
    /// The schedule; with a `limit`, rows with more signal than that many times their noise count less, so that
    /// shapes are not lost among detail: min-SNR weighting (Hang et al. 2023, "Efficient Diffusion Training via
    /// Min-SNR Weighting Strategy").
    pub fn new(limit: Option<f64>) -> Self {
        let alpha = |sigma: f32| 1.0 / (f64::from(sigma) * f64::from(sigma) + 1.0);
        let sigmas = Discretisation::stable_diffusion().sigmas;
        Self { alphas: sigmas.into_iter().map(alpha).collect(), limit }
    }

    /// What a row at a time counts: `min(limit, ratio) / ratio`, where the ratio is signal to noise.
    fn weight(&self, time: usize) -> f32 {
        let ratio = self.alphas[time] / (1.0 - self.alphas[time]);
        self.limit.map_or(1.0, |limit| (limit.min(ratio) / ratio) as f32)
    }

    /// Adds noise; each `frames` rows share a time, and times are spread evenly over the batch.
    pub fn rows(
        &self,
        latents: &[&[f32]],
        frames: usize,
        [channels, height, width]: [usize; 3],
        random: &mut Random,
        device: &Device,
    ) -> Result<Rows, TrainError> {
        let (mut noisy, mut noises) = (Vec::new(), Vec::new());
        let (mut times, mut weights) = (Vec::new(), Vec::new());
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
                weights.push(self.weight(time));
            }
        }
        let shape = (latents.len(), channels, height, width);
        let noisy = Tensor::from_vec(noisy, shape, device)?;
        let weights = Tensor::from_vec(weights, (latents.len(), 1, 1, 1), device)?;
        Ok(Rows { noisy, noise: Tensor::from_vec(noises, shape, device)?, times, weights })
    }
}

impl Rows {
    /// Some of the rows.
    pub fn part(&self, part: Range<usize>) -> Result<Self, TrainError> {
        let cut = |x: &Tensor| x.narrow(0, part.start, part.len());
        let times = self.times[part.clone()].to_vec();
        let weights = cut(&self.weights)?;
        Ok(Self { noisy: cut(&self.noisy)?, noise: cut(&self.noise)?, times, weights })
    }

    /// The loss of what was found: the mean square difference from the noise, each row as much as it counts.
    pub fn loss(&self, found: &Tensor) -> Result<Tensor, TrainError> {
        let squares = (found - &self.noise)?.sqr()?;
        Ok(squares.broadcast_mul(&self.weights)?.mean_all()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_more_signal_than_the_limit_count_less() {
        let noising = Noising::new(Some(1.0));
        // Noise as strong as the signal is where the level is 1: a third of the way.
        let sigmas = Discretisation::stable_diffusion().sigmas;
        let even = sigmas.iter().position(|sigma| *sigma >= 1.0).unwrap();
        assert_eq!(noising.weight(even), 1.0);
        assert_eq!(noising.weight(999), 1.0);
        let square = sigmas[100] * sigmas[100];
        assert!((noising.weight(100) - square).abs() < 1e-4, "{}", noising.weight(100));
        assert_eq!(Noising::new(None).weight(100), 1.0);
    }

    #[test]
    fn the_loss_counts_rows_by_their_weights() {
        let device = &Device::Cpu;
        let latents = [[0.0f32; 4], [0.0; 4]];
        let latents: Vec<&[f32]> = latents.iter().map(|x| x.as_slice()).collect();
        let random = &mut Random::new(1, &[2]);
        let rows = Noising::new(Some(1.0)).rows(&latents, 1, [1, 2, 2], random, device).unwrap();
        let found = (&rows.noise + 2.0).unwrap();
        let weights: Vec<f32> = rows.weights.flatten_all().unwrap().to_vec1().unwrap();
        let loss: f32 = rows.loss(&found).unwrap().to_scalar().unwrap();
        assert!(weights[0] < 1.0 && weights[1] == 1.0, "{weights:?}");
        assert!((loss - 4.0 * (weights[0] + weights[1]) / 2.0).abs() < 1e-5, "{loss}");
    }
}
