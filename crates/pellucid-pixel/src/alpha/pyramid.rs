//! The pyramid fill of LayerDiffusion: visible colour diffused into what is clear.
//!
//! Levels shrink by 1.2 by area averages until one side is 1; on the way back every level is laid
//! over the bilinearly enlarged colour of the coarser one. Sampling follows OpenCV's `INTER_AREA`
//! and `INTER_LINEAR` in f32, which is what the model was trained with.

use std::ops::{Add, Mul};

use rayon::prelude::*;

use crate::Pixel;

const SHRINK: f64 = 1.2;

/// One level: premultiplied pixels and their size.
struct Level {
    width: usize,
    height: usize,
    pixels: Vec<Pixel>,
}

/// The colour of every pixel, alpha 1, from a frame of premultiplied pixels.
pub(super) fn diffused(width: usize, premultiplied: Vec<Pixel>) -> Vec<Pixel> {
    let height = premultiplied.len() / width;
    let mut levels = vec![Level { width, height, pixels: premultiplied }];
    while let Some(next) = levels.last().and_then(shrunk) {
        levels.push(next);
    }
    let coarsest = levels.last().map_or([0.0; 4], mean_colour);
    let mut fill = Level { width: 1, height: 1, pixels: vec![coarsest] };
    while let Some(level) = levels.pop() {
        fill = laid_over(level, &fill);
    }
    fill.pixels
}

fn mean_colour(level: &Level) -> Pixel {
    let sum = level.pixels.iter().fold([0.0_f64; 4], |mut sum, pixel| {
        for (s, v) in sum.iter_mut().zip(pixel) {
            *s += f64::from(*v);
        }
        sum
    });
    let alpha = sum[3].max(1e-8);
    [(sum[0] / alpha) as f32, (sum[1] / alpha) as f32, (sum[2] / alpha) as f32, 1.0]
}

fn shrunk(level: &Level) -> Option<Level> {
    if level.width.min(level.height) <= 1 {
        return None;
    }
    let smaller = |n: usize| (n as f64 / SHRINK) as usize;
    let columns = area_taps(level.width, smaller(level.width));
    let rows = area_taps(level.height, smaller(level.height));
    Some(resampled(level, &columns, &rows))
}

fn laid_over(mut level: Level, coarser: &Level) -> Level {
    let columns = linear_taps(coarser.width, level.width);
    let rows = linear_taps(coarser.height, level.height);
    let fill = resampled(coarser, &columns, &rows);
    level.pixels.par_iter_mut().zip(&fill.pixels).with_min_len(4096).for_each(|(pixel, fill)| {
        let clear = 1.0 - pixel[3];
        for c in 0..3 {
            pixel[c] += fill[c] * clear;
        }
        pixel[3] = 1.0;
    });
    level
}

/// The first source index and the weights of one result.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// `INTER_AREA` where the axis shrinks: how much of every source cell a result cell covers.
fn area_taps(source: usize, size: usize) -> Vec<Taps> {
    let ratio = source as f64 / size as f64;
    let taps = |x: usize| {
        let start = x as f64 * ratio;
        let end = start + ratio;
        let cell = ratio.min(source as f64 - start);
        let last = (end.floor() as usize).min(source - 1);
        let first = (start.ceil() as usize).min(last);
        let mut weights = Vec::with_capacity(last - first + 2);
        let before = first as f64 - start;
        let partial = before > 1e-3;
        if partial {
            weights.push((before / cell) as f32);
        }
        weights.extend((first..last).map(|_| (1.0 / cell) as f32));
        let after = end - last as f64;
        if after > 1e-3 {
            weights.push((after.min(1.0).min(cell) / cell) as f32);
        }
        Taps { first: first - usize::from(partial), weights }
    };
    (0..size).map(taps).collect()
}

/// `INTER_LINEAR`: half-pixel centres, clamped edges.
fn linear_taps(source: usize, size: usize) -> Vec<Taps> {
    let ratio = source as f64 / size as f64;
    let taps = |x: usize| {
        let v = ((x as f64 + 0.5) * ratio - 0.5) as f32;
        let floor = v.floor();
        if floor < 0.0 {
            return Taps { first: 0, weights: vec![1.0] };
        }
        if floor as usize >= source - 1 {
            return Taps { first: source - 1, weights: vec![1.0] };
        }
        let t = v - floor;
        Taps { first: floor as usize, weights: vec![1.0 - t, t] }
    };
    (0..size).map(taps).collect()
}

fn resampled(level: &Level, columns: &[Taps], rows: &[Taps]) -> Level {
    let mut wide = vec![[0.0; 4]; columns.len() * level.height];
    wide.par_chunks_exact_mut(columns.len())
        .zip(level.pixels.par_chunks_exact(level.width))
        .with_min_len(16)
        .for_each(|(out, row)| {
            for (out, taps) in out.iter_mut().zip(columns) {
                *out = weighed(taps, |i| Quad(row[i]));
            }
        });
    let width = columns.len();
    let mut pixels = vec![[0.0; 4]; width * rows.len()];
    pixels.par_chunks_exact_mut(width).zip(rows).with_min_len(16).for_each(|(out, taps)| {
        for (x, out) in out.iter_mut().enumerate() {
            *out = weighed(taps, |i| Quad(wide[i * width + x]));
        }
    });
    Level { width, height: rows.len(), pixels }
}

fn weighed(taps: &Taps, at: impl Fn(usize) -> Quad) -> Pixel {
    let terms = taps.weights.iter().zip(taps.first..).map(|(w, i)| at(i) * *w);
    terms.fold(Quad([0.0; 4]), |sum, term| sum + term).0
}

struct Quad(Pixel);

impl Add for Quad {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|c| self.0[c] + other.0[c]))
    }
}

impl Mul<f32> for Quad {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        Self(self.0.map(|v| v * k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_of_every_size_sum_to_one_and_stay_inside() {
        for source in 2..=300_usize {
            let size = (source as f64 / SHRINK) as usize;
            for taps in area_taps(source, size).iter().chain(&linear_taps(size, source)) {
                let sum: f32 = taps.weights.iter().sum();
                // Weights below 1e-3 of a cell are dropped, as OpenCV does.
                assert!((sum - 1.0).abs() < 1.1e-3, "{source}: {sum}");
                assert!(taps.first + taps.weights.len() <= source);
            }
        }
    }

    #[test]
    fn a_picture_with_no_colour_stays_black() {
        assert!(diffused(7, vec![[0.0; 4]; 35]).iter().all(|p| *p == [0.0, 0.0, 0.0, 1.0]));
    }
}
