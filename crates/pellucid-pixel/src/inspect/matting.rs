//! The error measures of the matting benchmarks (Rhemann and others, 2009), as MMEditing computes
//! them.

use crate::components::{Neighbours, components};
use crate::frames::{Mismatch, build, matte_frame, matte_shape, meeting_batch, sum_rows};
use crate::{Matte, frames::Shape};

/// How far a matte is from the truth. `U` is the unknown region.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MattingScores {
    /// Sum of absolute differences over the whole picture, in thousands.
    pub sad: f64,
    /// Mean squared difference over `U`; 0 when `U` is empty.
    pub mse: f64,
    /// Mean absolute difference over `U`; 0 when `U` is empty.
    pub mad: f64,
    /// Sum of squared differences of gradient magnitude over `U`, in thousands.
    pub gradient: f64,
    /// Sum of differences of connectivity over `U`, in thousands.
    pub connectivity: f64,
}

/// Scores every frame of a predicted matte.
///
/// A trimap is 0 where the picture is known to be clear, 1 where it is known to be solid, and
/// anything between where it is unknown; both mattes are forced to 0 or 1 where it is known.
/// Without a trimap all is unknown. A batch of 1 is repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn score_matte(
    truth: &Matte,
    prediction: &Matte,
    trimap: Option<&Matte>,
) -> Result<Vec<MattingScores>, Mismatch> {
    let shape = matte_shape(truth);
    let mut batch = meeting_batch(shape, matte_shape(prediction))?;
    if let Some(trimap) = trimap {
        let so_far: Shape = [shape[0], shape[1], batch];
        batch = meeting_batch(so_far, matte_shape(trimap))?;
    }
    let scores = (0..batch).map(|index| {
        let known = trimap.map(|trimap| matte_frame(trimap, index));
        let forced = |matte: &Matte| {
            let values = matte_frame(matte, index).iter().enumerate();
            values.map(|(i, v)| known.map_or(*v, |known| forced(known[i], *v))).collect()
        };
        Frame {
            width: truth.fact.width,
            truth: forced(truth),
            prediction: forced(prediction),
            unknown: build(truth.fact.frame_len(), |i| known.is_none_or(|k| is_unknown(k[i]))),
        }
        .scores()
    });
    Ok(scores.collect())
}

fn is_unknown(trimap: f32) -> bool {
    trimap > 0.0 && trimap < 1.0
}

fn forced(trimap: f32, value: f32) -> f32 {
    match trimap {
        t if t <= 0.0 => 0.0,
        t if t >= 1.0 => 1.0,
        _ => value,
    }
}

struct Frame {
    width: u32,
    truth: Vec<f32>,
    prediction: Vec<f32>,
    unknown: Vec<bool>,
}

impl Frame {
    fn scores(&self) -> MattingScores {
        let [all, absolute, squared, unknown] = self.sums(|i| {
            let gap = f64::from(self.truth[i]) - f64::from(self.prediction[i]);
            let inside = f64::from(self.unknown[i]);
            [gap.abs(), gap.abs() * inside, gap * gap * inside, inside]
        });
        let count = unknown.max(1.0);
        MattingScores {
            sad: all / 1000.0,
            mse: squared / count,
            mad: absolute / count,
            gradient: self.gradient() / 1000.0,
            connectivity: self.connectivity() / 1000.0,
        }
    }

    fn sums<const N: usize>(&self, term: impl Fn(usize) -> [f64; N] + Sync) -> [f64; N] {
        sum_rows(self.width, self.truth.len(), term)
    }

    fn gradient(&self) -> f64 {
        let width = self.width as usize;
        let truth = gradient_magnitudes(width, &stretched(&self.truth));
        let prediction = gradient_magnitudes(width, &stretched(&self.prediction));
        let [sum] =
            self.sums(|i| [f64::from(self.unknown[i]) * (truth[i] - prediction[i]).powi(2)]);
        sum
    }

    fn connectivity(&self) -> f64 {
        let levels = self.connected_levels();
        let [sum] = self.sums(|i| {
            let connected = |v: f32| {
                let above = f64::from(v) - levels[i];
                if above >= 0.15 { 1.0 - above } else { 1.0 }
            };
            let gap = connected(self.truth[i]) - connected(self.prediction[i]);
            [f64::from(self.unknown[i]) * gap.abs()]
        });
        sum
    }

    /// For every pixel the greatest threshold up to which it belongs to the largest component that
    /// both mattes share.
    fn connected_levels(&self) -> Vec<f64> {
        let mut levels: Vec<Option<f64>> = vec![None; self.truth.len()];
        for step in 1..=10 {
            let threshold = f64::from(step) * 0.1;
            let above = |v: f32| f64::from(v) >= threshold;
            let shared = components(self.width as usize, self.truth.len(), Neighbours::Four, |i| {
                above(self.truth[i]) && above(self.prediction[i])
            });
            let largest = shared.largest();
            for (i, level) in levels.iter_mut().enumerate() {
                if level.is_none() && (largest.is_none() || shared.of(i) != largest) {
                    *level = Some(f64::from(step - 1) * 0.1);
                }
            }
        }
        levels.into_iter().map(|level| level.unwrap_or(1.0)).collect()
    }
}

/// Stretched to 0 to 1; a flat matte becomes 0.
fn stretched(values: &[f32]) -> Vec<f64> {
    let (min, max) = values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), v| (min.min(*v), max.max(*v)));
    let (min, range) = (f64::from(min), f64::from(max) - f64::from(min));
    values.iter().map(|v| if range > 0.0 { (f64::from(*v) - min) / range } else { 0.0 }).collect()
}

const HALF: usize = 4;
const TAPS: usize = 2 * HALF + 1;
const SIGMA: f64 = 1.4;

/// The magnitude of the gradient by derivatives of a Gaussian of sigma 1.4, borders replicated; both
/// kernels have an L2 norm of 1.
fn gradient_magnitudes(width: usize, values: &[f64]) -> Vec<f64> {
    let normal = |x: f64| {
        (-x * x / (2.0 * SIGMA * SIGMA)).exp() / (SIGMA * (2.0 * std::f64::consts::PI).sqrt())
    };
    let at = |tap: usize| tap as f64 - HALF as f64;
    let smooth = unit(std::array::from_fn(|tap| normal(at(tap))));
    let slope = unit(std::array::from_fn(|tap| -at(tap) * normal(at(tap)) / (SIGMA * SIGMA)));
    let across = |kernel| filtered_rows(width, values, kernel);
    let x = filtered_columns(width, &across(&slope), &smooth);
    let y = filtered_columns(width, &across(&smooth), &slope);
    x.into_iter().zip(y).map(|(x, y)| x.hypot(y)).collect()
}

fn unit(kernel: [f64; TAPS]) -> [f64; TAPS] {
    let norm = kernel.iter().map(|k| k * k).sum::<f64>().sqrt();
    kernel.map(|k| k / norm)
}

fn filtered_rows(width: usize, values: &[f64], kernel: &[f64; TAPS]) -> Vec<f64> {
    build(values.len(), |i| {
        let (x, row) = (i % width, i - i % width);
        let at = |tap: usize| values[row + (x + tap).saturating_sub(HALF).min(width - 1)];
        (0..TAPS).map(|tap| kernel[tap] * at(tap)).sum()
    })
}

fn filtered_columns(width: usize, values: &[f64], kernel: &[f64; TAPS]) -> Vec<f64> {
    let height = values.len() / width;
    build(values.len(), |i| {
        let (x, y) = (i % width, i / width);
        let at = |tap: usize| values[(y + tap).saturating_sub(HALF).min(height - 1) * width + x];
        (0..TAPS).map(|tap| kernel[tap] * at(tap)).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    fn matte(values: &[f32]) -> Matte {
        Matte::new(MatteFact::new(values.len() as u32, 1), values.to_vec())
    }

    #[test]
    fn a_perfect_matte_scores_nothing() {
        let truth = matte(&[0.0, 0.3, 0.7, 1.0]);
        assert_eq!(score_matte(&truth, &truth, None).unwrap(), [MattingScores::default()]);
    }

    #[test]
    fn only_the_unknown_region_counts() {
        let truth = matte(&[0.0, 0.5, 1.0, 1.0]);
        let wrong = matte(&[0.9, 0.25, 0.1, 1.0]);
        let trimap = matte(&[0.0, 0.5, 1.0, 1.0]);
        let scores = score_matte(&truth, &wrong, Some(&trimap)).unwrap()[0];
        assert_eq!((scores.sad, scores.mad, scores.mse), (0.00025, 0.25, 0.0625));
        let known = matte(&[0.0, 0.0, 1.0, 1.0]);
        let scores = score_matte(&truth, &wrong, Some(&known)).unwrap()[0];
        assert_eq!(scores, MattingScores::default());
    }

    #[test]
    fn a_piece_that_is_cut_off_costs_connectivity() {
        let truth = matte(&[1.0; 8]);
        let cut = matte(&[1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        let faded = matte(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
        let score = |m| score_matte(&truth, m, None).unwrap()[0];
        assert_eq!(score(&cut).sad, score(&faded).sad);
        assert!(score(&cut).connectivity >= score(&faded).connectivity);
    }
}
