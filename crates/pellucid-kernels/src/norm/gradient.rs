//! Gradients of normalisations.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{Affine, BLOCK, LANES, Moments};
use crate::activation::{Function, derivative};

/// Rows of a layer norm whose contributions to the weight's gradient are summed together.
const ROWS: usize = 64;

/// The gradient of everything a normalisation is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Of the numbers that are normalised.
    pub source: Vec<f32>,
    /// Of the factor per channel.
    pub weight: Vec<f32>,
    /// Of the offset per channel.
    pub bias: Vec<f32>,
}

/// The gradient of [`super::group_norm`] with `(groups, pixels)`; `slope` is that of its result.
pub fn group_norm_gradient(
    source: &[f32],
    affine: Affine<'_>,
    (groups, pixels): (usize, usize),
    function: Function,
    slope: &[f32],
) -> Gradient {
    let channels = affine.weight.len();
    let per_group = channels / groups;
    let mut gradient =
        Gradient { source: slope.to_vec(), weight: vec![0.0; channels], bias: vec![0.0; channels] };
    if source.is_empty() {
        return gradient;
    }
    let pairs = gradient.source.par_chunks_mut(per_group * pixels).enumerate();
    let sums: Vec<Vec<Sums>> = pairs
        .map(|(index, target)| {
            let source = &source[index * per_group * pixels..][..per_group * pixels];
            let first = index % groups * per_group;
            let affine = Affine {
                weight: &affine.weight[first..first + per_group],
                bias: &affine.bias[first..first + per_group],
                ..affine
            };
            group_gradient(source, affine, pixels, function, target)
        })
        .collect();
    let mut totals = vec![Sums::default(); channels];
    for (index, sums) in sums.iter().flatten().enumerate() {
        totals[index % channels].slope += sums.slope;
        totals[index % channels].product += sums.product;
    }
    for (channel, total) in totals.iter().enumerate() {
        gradient.bias[channel] = total.slope as f32;
        gradient.weight[channel] = total.product as f32;
    }
    gradient
}

/// The gradient of [`super::layer_norm`]; `slope` is that of its result.
pub fn layer_norm_gradient(source: &[f32], affine: Affine<'_>, slope: &[f32]) -> Gradient {
    let width = affine.weight.len();
    let mut gradient = Gradient {
        source: vec![0.0; source.len()],
        weight: vec![0.0; width],
        bias: vec![0.0; width],
    };
    if source.is_empty() {
        return gradient;
    }
    let blocks = gradient.source.par_chunks_mut(ROWS * width).enumerate();
    let sums: Vec<Vec<Sums>> = blocks
        .map(|(block, target)| {
            let mut sums = vec![Sums::default(); width];
            for (row, target) in target.chunks_exact_mut(width).enumerate() {
                let place = (block * ROWS + row) * width;
                let (source, slope) = (&source[place..place + width], &slope[place..place + width]);
                row_gradient(source, affine, slope, &mut sums, target);
            }
            sums
        })
        .collect();
    for channel in 0..width {
        gradient.bias[channel] = sums.iter().map(|sums| sums[channel].slope).sum::<f64>() as f32;
        gradient.weight[channel] =
            sums.iter().map(|sums| sums[channel].product).sum::<f64>() as f32;
    }
    gradient
}

/// What one channel adds up.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// Slopes of the scaled and shifted numbers.
    slope: f64,
    /// The same times the normalised numbers.
    product: f64,
}

/// Replaces the slopes in `target`, of one group, by the gradient of `source`.
fn group_gradient(
    source: &[f32],
    affine: Affine<'_>,
    pixels: usize,
    function: Function,
    target: &mut [f32],
) -> Vec<Sums> {
    let arch = Arch::new();
    let moments = Moments::of(source);
    let factor = moments.factor(affine.eps);
    let centre = moments.mean as f32;
    let mut sums = vec![Sums::default(); affine.weight.len()];
    for (channel, sums) in sums.iter_mut().enumerate() {
        let range = channel * pixels..(channel + 1) * pixels;
        let (weight, bias) = (affine.weight[channel], affine.bias[channel]);
        let chunks = target[range.clone()].chunks_mut(BLOCK).zip(source[range].chunks(BLOCK));
        for (slope, source) in chunks {
            let scale = weight * factor;
            let part = Collect { source, slope, centre, scale, shift: bias, function };
            let (slope, product) = arch.dispatch(part);
            sums.slope += f64::from(slope);
            sums.product += f64::from(product) * f64::from(factor);
        }
    }
    let count = source.len() as f64;
    let weighted = |of: fn(&Sums) -> f64| {
        let terms = sums.iter().zip(affine.weight).map(|(sums, w)| of(sums) * f64::from(*w));
        (terms.sum::<f64>() / count) as f32
    };
    let (mean, along) = (weighted(|sums| sums.slope), weighted(|sums| sums.product));
    for (channel, weight) in affine.weight.iter().enumerate() {
        let range = channel * pixels..(channel + 1) * pixels;
        for (slope, x) in target[range.clone()].iter_mut().zip(&source[range]) {
            let normed = (x - centre) * factor;
            *slope = factor * (*slope * weight - mean - normed * along);
        }
    }
    sums
}

fn row_gradient(
    source: &[f32],
    affine: Affine<'_>,
    slope: &[f32],
    sums: &mut [Sums],
    target: &mut [f32],
) {
    let moments = Moments::of(source);
    let (centre, factor) = (moments.mean as f32, moments.factor(affine.eps));
    let (mut mean, mut along) = (0.0, 0.0);
    for (index, sums) in sums.iter_mut().enumerate() {
        let normed = f64::from((source[index] - centre) * factor);
        let slope = f64::from(slope[index]);
        let weighted = slope * f64::from(affine.weight[index]);
        mean += weighted;
        along += weighted * normed;
        sums.slope += slope;
        sums.product += slope * normed;
    }
    let count = source.len() as f64;
    let (mean, along) = ((mean / count) as f32, (along / count) as f32);
    for (index, target) in target.iter_mut().enumerate() {
        let normed = (source[index] - centre) * factor;
        *target = factor * (slope[index] * affine.weight[index] - mean - normed * along);
    }
}

/// Takes slopes back through the activation and sums them, alone and times the distance from the centre.
struct Collect<'a> {
    source: &'a [f32],
    slope: &'a mut [f32],
    centre: f32,
    scale: f32,
    shift: f32,
    function: Function,
}

impl WithSimd for Collect<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f32, f32) {
        let Self { source, slope, centre, scale, shift, function } = self;
        let (mut slopes, mut products) = ([0.0; LANES], [0.0; LANES]);
        let (slopes_simd, _) = S::as_mut_simd_f32s(&mut slopes);
        let (products_simd, _) = S::as_mut_simd_f32s(&mut products);
        let (centre, scale) = (simd.splat_f32s(centre), simd.splat_f32s(scale));
        let shift = simd.splat_f32s(shift);
        for (slope, source) in slope.chunks_mut(LANES).zip(source.chunks(LANES)) {
            let vectors = slope.chunks_mut(S::F32_LANES).zip(source.chunks(S::F32_LANES));
            for (lane, (slope, source)) in vectors.enumerate() {
                // Lanes past the end have slope 0, so they add nothing.
                let distance = simd.sub_f32s(simd.partial_load_f32s(source), centre);
                let y = simd.mul_add_e_f32s(distance, scale, shift);
                let inner = simd.partial_load_f32s(slope);
                let inner = simd.mul_f32s(inner, derivative(simd, function, y));
                simd.partial_store_f32s(slope, inner);
                slopes_simd[lane] = simd.add_f32s(slopes_simd[lane], inner);
                products_simd[lane] = simd.mul_add_e_f32s(inner, distance, products_simd[lane]);
            }
        }
        (slopes.iter().sum(), products.iter().sum())
    }
}
