//! The sampled Gaussian, convolved directly.

use multiversion::multiversion;

use crate::Edge;
use crate::lines::{LANES, Lane, LineFilter, pad};

/// A symmetric kernel: the weight at distance 0, 1, 2, …
pub(super) struct Symmetric {
    weights: Vec<f32>,
    edge: Edge,
}

impl Symmetric {
    /// The Gaussian of `sigma` pixels, cut at four sigma and scaled to sum 1.
    pub fn gaussian(sigma: f64, edge: Edge) -> Self {
        let radius = (4.0 * sigma).ceil() as i32;
        let half: Vec<f64> =
            (0..=radius).map(|i| (-0.5 * (f64::from(i) / sigma).powi(2)).exp()).collect();
        let sum = 2.0 * half.iter().sum::<f64>() - half[0];
        Self { weights: half.iter().map(|w| (w / sum) as f32).collect(), edge }
    }
}

impl LineFilter for Symmetric {
    fn run(&self, line: &[Lane], scratch: &mut Vec<Lane>, out: &mut [Lane]) {
        pad(line, self.weights.len() - 1, self.edge, scratch);
        convolve(scratch, &self.weights, out);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn convolve(padded: &[Lane], weights: &[f32], out: &mut [Lane]) {
    let (pairs, single) = out.as_chunks_mut::<2>();
    let first_single = 2 * pairs.len();
    for (i, out) in pairs.iter_mut().enumerate() {
        *out = sums(&padded[2 * i..], weights);
    }
    if let [out] = single {
        [*out] = sums(&padded[first_single..], weights);
    }
}

/// The results for the first `N` positions of `padded`; several at once keep the adders busy.
#[inline(always)]
fn sums<const N: usize>(padded: &[Lane], weights: &[f32]) -> [Lane; N] {
    let radius = weights.len() - 1;
    let padded = &padded[..2 * radius + N];
    let mut sums = [[0.0; LANES]; N];
    for (n, sum) in sums.iter_mut().enumerate() {
        for k in 0..LANES {
            sum[k] = weights[0] * padded[radius + n][k];
        }
    }
    let left = padded[..radius + N - 1].windows(N).rev();
    let right = padded[radius + 1..].windows(N);
    for ((weight, left), right) in weights[1..].iter().zip(left).zip(right) {
        for (sum, (left, right)) in sums.iter_mut().zip(left.iter().zip(right)) {
            for k in 0..LANES {
                sum[k] += weight * (left[k] + right[k]);
            }
        }
    }
    sums
}
