//! Diffusion exponential integrator with slopes interpolated in time (Zhang and Chen 2023, tAB-DEIS).

use candle_core::Tensor;

use super::SampleError;
use super::adams::multistep;
use super::polynomial::lagrange_basis;
use super::session::Session;

/// The times in which slopes are interpolated are those of a variance-preserving process that
/// reaches from sigma 0.002 at time 0.001 to sigma 80 at time 1, whatever the model's table.
struct Process {
    start: f64,
    change: f64,
}

const FIRST_TIME: f64 = 1e-3;
const POINTS: usize = 10_000;

pub(super) fn deis(session: &mut Session, x: Tensor) -> Result<Tensor, SampleError> {
    let process = Process::new(0.002, 80.0);
    multistep(session, x, 3, |sigmas, i, order| {
        if order == 1 {
            return vec![sigmas[i + 1] - sigmas[i]];
        }
        let nodes: Vec<f64> = (0..order).map(|back| process.time(sigmas[i - back])).collect();
        process.weights(nodes[0], process.time(sigmas[i + 1]), &nodes)
    })
}

impl Process {
    fn new(sigma_min: f64, sigma_max: f64) -> Self {
        let spread = |sigma: f64| (sigma * sigma + 1.0).ln();
        let (low, high) = (spread(sigma_min), spread(sigma_max));
        let change = 2.0 * (low / FIRST_TIME - high) / (FIRST_TIME - 1.0);
        Self { start: high - change / 2.0, change }
    }

    fn time(&self, sigma: f64) -> f64 {
        let spread = (sigma * sigma + 1.0).ln();
        ((self.start * self.start + 2.0 * self.change * spread).sqrt() - self.start) / self.change
    }

    /// The change of sigma with time.
    fn rate(&self, time: f64) -> f64 {
        let alpha = (-0.5 * time * time * self.change - time * self.start).exp();
        0.5 * (time * self.change + self.start) / (alpha * (1.0 - alpha)).sqrt()
    }

    /// The integrals over a step of the rate times each node's polynomial, as the plain sum over
    /// evenly spaced points that the weights of other programs are.
    fn weights(&self, from: f64, to: f64, nodes: &[f64]) -> Vec<f64> {
        let basis = lagrange_basis(nodes);
        let mut sums = vec![0.0; nodes.len()];
        for point in 0..POINTS {
            let time = from + (to - from) * point as f64 / (POINTS - 1) as f64;
            let rate = self.rate(time);
            for (sum, polynomial) in sums.iter_mut().zip(&basis) {
                *sum += rate * polynomial.iter().rev().fold(0.0, |value, c| value * time + c);
            }
        }
        sums.into_iter().map(|sum| sum * (to - from) / POINTS as f64).collect()
    }
}
