//! Group and layer normalisation, with the activation that follows in the same pass.

mod gradient;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::activation::{Function, evaluate};

pub use gradient::{Gradient, group_norm_gradient, layer_norm_gradient};

/// Partial sums held at a time; a multiple of every vector's length, so that the order of additions is the
/// same on every machine.
const LANES: usize = 16;
/// Numbers whose sums are taken in f32 before they are added in f64.
const BLOCK: usize = 4096;

/// Scale and shift of a normalisation.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// Factor per channel.
    pub weight: &'a [f32],
    /// Offset per channel.
    pub bias: &'a [f32],
    /// Added to the variance.
    pub eps: f64,
}

/// Normalises each of `groups` groups of channels over all its `pixels`, scales and shifts each channel, then
/// applies `function`. `source` is `[batch, channels, pixels]`, `channels` as long as `affine`.
pub fn group_norm(
    source: &[f32],
    affine: Affine<'_>,
    groups: usize,
    pixels: usize,
    function: Function,
    target: &mut [f32],
) {
    let arch = Arch::new();
    let per_group = affine.weight.len() / groups;
    let size = per_group * pixels;
    if size == 0 {
        return;
    }
    let pairs = target.par_chunks_mut(size).zip(source.par_chunks(size)).enumerate();
    pairs.for_each(|(index, (target, source))| {
        let moments = Moments::of(source);
        let first = index % groups * per_group;
        let planes = target.par_chunks_mut(pixels).zip(source.par_chunks(pixels)).enumerate();
        planes.for_each(|(channel, (target, source))| {
            let channel = first + channel;
            let scale = affine.weight[channel] * moments.factor(affine.eps);
            let shift = moments.mean.mul_add(-f64::from(scale), f64::from(affine.bias[channel]));
            let shift = shift as f32;
            arch.dispatch(Plane { source, scale, shift, function, target });
        });
    });
}

/// Normalises each row, then scales and shifts each column; rows are as long as `affine`.
pub fn layer_norm(source: &[f32], affine: Affine<'_>, target: &mut [f32]) {
    let width = affine.weight.len();
    if width == 0 {
        return;
    }
    let arch = Arch::new();
    let rows = (BLOCK / width).max(1);
    let pairs = target.par_chunks_mut(rows * width).zip(source.par_chunks(rows * width));
    pairs.for_each(|(target, source)| {
        for (target, source) in target.chunks_exact_mut(width).zip(source.chunks_exact(width)) {
            let moments = Moments::of(source);
            let (mean, factor) = (moments.mean as f32, moments.factor(affine.eps));
            arch.dispatch(Row { source, mean, factor, affine, target });
        }
    });
}

/// Mean and variance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The mean squared distance from it.
    pub variance: f64,
}

impl Moments {
    /// Of the numbers of a slice: in f32 over short blocks, which are joined in f64.
    pub fn of(values: &[f32]) -> Self {
        let arch = Arch::new();
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for values in values.chunks(BLOCK) {
            let n = values.len() as f64;
            let part_mean = f64::from(arch.dispatch(Sum { values, centre: None })) / n;
            let centre = part_mean as f32;
            // The centre is rounded, so the squares around it are moved to the exact mean.
            let apart = part_mean - f64::from(centre);
            let part = f64::from(arch.dispatch(Sum { values, centre: Some(centre) }));
            let part = part - n * apart * apart;
            let distance = part_mean - mean;
            let total = count + n;
            mean += distance * n / total;
            squares += part + distance * distance * count * n / total;
            count = total;
        }
        Self { mean, variance: if count > 0.0 { (squares / count).max(0.0) } else { 0.0 } }
    }

    /// One over the standard deviation.
    pub fn factor(self, eps: f64) -> f32 {
        (1.0 / (self.variance + eps).sqrt()) as f32
    }
}

/// The definitions, in f64.
pub mod reference {
    use super::Affine;

    /// Rows of `width` normalised over themselves; element `i` of row `r` is scaled by channel
    /// `channel(r, i)`.
    pub fn normalise(
        source: &[f32],
        affine: Affine<'_>,
        width: usize,
        channel: impl Fn(usize, usize) -> usize,
    ) -> Vec<f32> {
        let mut target = Vec::with_capacity(source.len());
        for (row, values) in source.chunks_exact(width).enumerate() {
            let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            let mean = values.iter().sum::<f64>() / width as f64;
            let square = |value: &f64| (value - mean) * (value - mean);
            let variance = values.iter().map(square).sum::<f64>() / width as f64;
            for (index, value) in values.iter().enumerate() {
                let channel = channel(row, index);
                let normed = (value - mean) / (variance + affine.eps).sqrt();
                let (weight, bias) = (affine.weight[channel], affine.bias[channel]);
                target.push((normed * f64::from(weight) + f64::from(bias)) as f32);
            }
        }
        target
    }
}

struct Sum<'a> {
    values: &'a [f32],
    /// Sums the squared distances from here, if given.
    centre: Option<f32>,
}

impl WithSimd for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (whole, rest) = self.values.as_chunks::<LANES>();
        let mut last = [self.centre.unwrap_or(0.0); LANES];
        last[..rest.len()].copy_from_slice(rest);
        let mut sums = [0.0; LANES];
        let (sums_simd, _) = S::as_mut_simd_f32s(&mut sums);
        let centre = simd.splat_f32s(self.centre.unwrap_or(0.0));
        for chunk in whole.iter().chain(std::iter::once(&last)) {
            let (chunk, _) = S::as_simd_f32s(chunk);
            for (sum, &value) in sums_simd.iter_mut().zip(chunk) {
                *sum = match self.centre {
                    None => simd.add_f32s(*sum, value),
                    Some(_) => {
                        let distance = simd.sub_f32s(value, centre);
                        simd.mul_add_e_f32s(distance, distance, *sum)
                    }
                };
            }
        }
        let mut half = LANES / 2;
        while half > 0 {
            for lane in 0..half {
                sums[lane] += sums[lane + half];
            }
            half /= 2;
        }
        sums[0]
    }
}

struct Plane<'a> {
    source: &'a [f32],
    scale: f32,
    shift: f32,
    function: Function,
    target: &'a mut [f32],
}

impl WithSimd for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (scale, shift) = (simd.splat_f32s(self.scale), simd.splat_f32s(self.shift));
        let (source, rest) = S::as_simd_f32s(self.source);
        let (target, target_rest) = S::as_mut_simd_f32s(self.target);
        for (target, &x) in target.iter_mut().zip(source) {
            *target = evaluate(simd, self.function, simd.mul_add_e_f32s(x, scale, shift));
        }
        if !rest.is_empty() {
            let x = simd.mul_add_e_f32s(simd.partial_load_f32s(rest), scale, shift);
            simd.partial_store_f32s(target_rest, evaluate(simd, self.function, x));
        }
    }
}

struct Row<'a> {
    source: &'a [f32],
    mean: f32,
    factor: f32,
    affine: Affine<'a>,
    target: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { source, mean, factor, affine, target } = self;
        let columns = source.iter().zip(affine.weight).zip(affine.bias);
        for (target, ((x, weight), bias)) in target.iter_mut().zip(columns) {
            *target = (x - mean) * factor * weight + bias;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::{apply, reference::value};

    fn wave(count: usize) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * 0.37).sin() * 2.0 + 0.5 + (i % 3) as f32).collect()
    }

    #[test]
    fn group_norm_is_its_definition() {
        let (batch, channels, groups, pixels) = (2, 6, 3, 2111);
        let source = wave(batch * channels * pixels);
        let (weight, bias) = (wave(channels), wave(channels + 1)[1..].to_vec());
        let affine = Affine { weight: &weight, bias: &bias, eps: 1e-5 };
        let per_group = channels / groups;
        let channel = |row: usize, i: usize| row % groups * per_group + i / pixels;
        let wanted = reference::normalise(&source, affine, per_group * pixels, channel);
        for function in [Function::Identity, Function::Silu] {
            let mut got = vec![0.0; source.len()];
            group_norm(&source, affine, groups, pixels, function, &mut got);
            for (got, &wanted) in got.iter().zip(&wanted) {
                let wanted = value(function, f64::from(wanted));
                // Values up to about 10, a few roundings.
                assert!((f64::from(*got) - wanted).abs() < 3e-6, "{got} is not {wanted}");
            }
        }
    }

    #[test]
    fn layer_norm_is_its_definition() {
        let (rows, width) = (7, 45);
        let source = wave(rows * width);
        let (weight, bias) = (wave(width), wave(width + 1)[1..].to_vec());
        let affine = Affine { weight: &weight, bias: &bias, eps: 1e-5 };
        let wanted = reference::normalise(&source, affine, width, |_, column| column);
        let mut got = vec![0.0; source.len()];
        layer_norm(&source, affine, &mut got);
        for (got, wanted) in got.iter().zip(&wanted) {
            // Values up to about 10, a few roundings.
            assert!((got - wanted).abs() < 3e-6, "{got} is not {wanted}");
        }
    }

    #[test]
    fn a_large_mean_does_not_spoil_the_variance() {
        let values: Vec<f32> = (0..20_000).map(|i| 1000.0 + (i % 2) as f32).collect();
        let moments = Moments::of(&values);
        // Exact in f64 but for the rounded centres.
        assert!((moments.mean - 1000.5).abs() < 1e-9 && (moments.variance - 0.25).abs() < 1e-9);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let source = wave(4 * 10 * 999);
        let (weight, bias) = (wave(10), wave(10));
        let affine = Affine { weight: &weight, bias: &bias, eps: 1e-5 };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut target = vec![0.0; source.len()];
            pool.install(|| group_norm(&source, affine, 5, 999, Function::Silu, &mut target));
            target
        };
        assert_eq!(run(1), run(3));
        let mut plain = vec![0.0; 5];
        apply(Function::Identity, &source[..5], &mut plain);
        assert_eq!(plain, source[..5]);
    }
}
