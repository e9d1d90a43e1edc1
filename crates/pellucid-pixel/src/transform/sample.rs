//! Reading a picture between its pixels.

use std::f64::consts::PI;

use crate::Edge;
use crate::raster::Raster;

/// How a value between pixel centres is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// From 2 by 2 pixels.
    #[default]
    Bilinear,
    /// Catmull-Rom cubic from 4 by 4 pixels; overshoots a little at hard edges.
    Bicubic,
    /// Windowed sinc from 6 by 6 pixels; overshoots at hard edges.
    Lanczos3,
    /// The nearest pixel; nothing is mixed.
    Nearest,
}

impl Interpolation {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("bilinear", Self::Bilinear),
        ("bicubic", Self::Bicubic),
        ("lanczos3", Self::Lanczos3),
        ("nearest", Self::Nearest),
    ];
}

/// The `K` weights for a position `t` (0..1) of the way between the two middle pixels.
pub(super) trait Weights<const K: usize>: Sync {
    fn at(&self, t: f64) -> [f32; K];
}

pub(super) struct Linear;

impl Weights<2> for Linear {
    #[inline(always)]
    fn at(&self, t: f64) -> [f32; 2] {
        let t = t as f32;
        [1.0 - t, t]
    }
}

pub(super) struct Cubic;

impl Weights<4> for Cubic {
    #[inline(always)]
    fn at(&self, t: f64) -> [f32; 4] {
        let t = t as f32;
        let (t2, t3) = (t * t, t * t * t);
        [
            -0.5 * t3 + t2 - 0.5 * t,
            1.5 * t3 - 2.5 * t2 + 1.0,
            -1.5 * t3 + 2.0 * t2 + 0.5 * t,
            0.5 * t3 - 0.5 * t2,
        ]
    }
}

pub(super) struct Lanczos;

impl Weights<6> for Lanczos {
    /// `sinc(x) sinc(x / 3)` at the six distances, scaled to sum 1. The six sines of each factor
    /// are turned out of one by the addition theorem.
    #[inline]
    fn at(&self, t: f64) -> [f32; 6] {
        if t == 0.0 {
            return [0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        }
        let sin = (PI * t).sin();
        let (sin3, cos3) = (PI * t / 3.0).sin_cos();
        let half_root = 0.75f64.sqrt();
        // cos and sin of π j / 3 for j = -2..=3.
        let turns = [
            (-0.5, -half_root),
            (0.5, -half_root),
            (1.0, 0.0),
            (0.5, half_root),
            (-0.5, half_root),
            (-1.0, 0.0),
        ];
        let mut weights = [0.0; 6];
        let mut sum = 0.0;
        for (k, (cos, sin_j)) in turns.into_iter().enumerate() {
            let distance = t - (k as f64 - 2.0);
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            let x = PI * distance;
            weights[k] = 3.0 * sign * sin * (sin3 * cos - cos3 * sin_j) / (x * x);
            sum += weights[k];
        }
        weights.map(|w| (w / sum) as f32)
    }
}

/// The value at `(x, y)`, in pixels from the centre of the first pixel.
#[inline(always)]
pub(super) fn sample<const C: usize, const K: usize>(
    src: Raster<'_, C>,
    weights: &impl Weights<K>,
    edge: Edge,
    x: f64,
    y: f64,
) -> [f32; C] {
    let (left, top) = (x.floor(), y.floor());
    let (wx, wy) = (weights.at(x - left), weights.at(y - top));
    let reach = K as i64 / 2 - 1;
    let (left, top) = (left as i64 - reach, top as i64 - reach);
    let last = K as i64;
    let mut sum = [0.0; C];
    if left >= 0 && top >= 0 && left + last <= src.width as i64 && top + last <= src.height as i64 {
        let start = top as usize * src.width + left as usize;
        for (j, wy) in wy.iter().enumerate() {
            let pixels = &src.pixels[start + j * src.width..][..K];
            add(&mut sum, *wy, mixed(pixels.iter().zip(&wx)));
        }
        return sum;
    }
    if edge == Edge::Transparent
        && (left + last <= 0
            || top + last <= 0
            || left >= src.width as i64
            || top >= src.height as i64)
    {
        return sum;
    }
    let columns: [Option<usize>; K] =
        std::array::from_fn(|k| edge.index(left + k as i64, src.width));
    for (j, wy) in wy.iter().enumerate() {
        if let Some(row) = edge.index(top + j as i64, src.height) {
            let row = src.row(row);
            let seen = columns.iter().zip(&wx);
            let row = mixed(seen.filter_map(|(column, w)| column.map(|x| (&row[x], w))));
            add(&mut sum, *wy, row);
        }
    }
    sum
}

/// The value of the pixel whose centre is nearest to `(x, y)`.
#[inline(always)]
pub(super) fn nearest<const C: usize>(src: Raster<'_, C>, edge: Edge, x: f64, y: f64) -> [f32; C] {
    let column = edge.index((x + 0.5).floor() as i64, src.width);
    let row = edge.index((y + 0.5).floor() as i64, src.height);
    match (column, row) {
        (Some(column), Some(row)) => src.pixels[row * src.width + column],
        _ => [0.0; C],
    }
}

#[inline(always)]
fn mixed<'a, const C: usize>(pixels: impl Iterator<Item = (&'a [f32; C], &'a f32)>) -> [f32; C] {
    let mut sum = [0.0; C];
    for (pixel, weight) in pixels {
        add(&mut sum, *weight, *pixel);
    }
    sum
}

#[inline(always)]
fn add<const C: usize>(sum: &mut [f32; C], weight: f32, pixel: [f32; C]) {
    for k in 0..C {
        sum[k] += weight * pixel[k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanczos_weights_are_the_kernel_at_six_distances() {
        for i in 1..1000 {
            let t = f64::from(i) / 1000.0;
            let kernel = |x: f64| 3.0 * (PI * x).sin() * (PI * x / 3.0).sin() / (PI * x).powi(2);
            let expected: Vec<f64> = (-2..=3).map(|j| kernel(t - f64::from(j))).collect();
            let sum: f64 = expected.iter().sum();
            for (weight, expected) in Lanczos.at(t).iter().zip(&expected) {
                // f32 rounding of a weight below 1.
                assert!((f64::from(*weight) - expected / sum).abs() < 1e-7, "{t}");
            }
        }
    }

    #[test]
    fn every_kernel_takes_a_pixel_centre_as_it_is() {
        assert_eq!(Linear.at(0.0), [1.0, 0.0]);
        assert_eq!(Cubic.at(0.0), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(Lanczos.at(0.0), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    }
}
