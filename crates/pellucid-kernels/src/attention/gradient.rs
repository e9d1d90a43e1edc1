//! Gradients of attention, without a matrix of scores.
//!
//! Keys lie along the lanes of vectors; the scores of a few queries at a time are computed again, used, and
//! forgotten.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Heads;
use crate::buffer::Buffer;
use crate::math::exp;

/// Keys are padded to a multiple of this: the lanes of the widest vectors.
const LANES: usize = 16;

/// Queries that go through the keys together.
const QUERIES: usize = 4;

/// The gradients of queries, keys and values: `result` is what [`attention`](super::attention) gave and `slope`
/// is the gradient of that.
///
/// # Panics
///
/// If a slice does not have the length `sizes` say.
pub fn attention_gradients(
    sizes: Heads,
    [q, k, v]: [&[f32]; 3],
    result: &[f32],
    slope: &[f32],
) -> [Vec<f32>; 3] {
    let Heads { batch, queries, keys, heads, width, .. } = sizes;
    let row = heads * width;
    let (of_queries, of_keys) = (batch * queries * row, batch * keys * row);
    assert_eq!([q.len(), result.len(), slope.len()], [of_queries; 3]);
    assert_eq!([k.len(), v.len()], [of_keys; 2]);
    let mut gradients = [vec![0.0; of_queries], vec![0.0; of_keys], vec![0.0; of_keys]];
    if of_queries == 0 || of_keys == 0 {
        return gradients;
    }
    let arch = Arch::new();
    let padded = keys.next_multiple_of(LANES);
    let tasks: Vec<[Buffer; 3]> = (0..batch * heads)
        .into_par_iter()
        .map(|task| {
            let (image, head) = (task / heads, task % heads);
            let block = queries.next_multiple_of(QUERIES);
            let of = |x: &[f32]| -> Buffer {
                let mut part = zeros(block * width);
                let rows = x[image * queries * row..].chunks_exact(row).take(queries);
                for (part, row) in part.chunks_exact_mut(width).zip(rows) {
                    part.copy_from_slice(&row[head * width..][..width]);
                }
                part
            };
            let across = |x: &[f32]| -> Buffer {
                let mut part = zeros(padded * width);
                let rows = x[image * keys * row..].chunks_exact(row).take(keys);
                for (key, row) in rows.enumerate() {
                    let slots = part[key..].iter_mut().step_by(padded);
                    slots.zip(&row[head * width..][..width]).for_each(|(slot, x)| *slot = *x);
                }
                part
            };
            let mut task = Task {
                sizes,
                padded,
                scale: (1.0 / (width as f64).sqrt()) as f32,
                q: of(q),
                result: of(result),
                slope: of(slope),
                k: across(k),
                v: across(v),
                of_q: zeros(block * width),
                of_k: zeros(padded * width),
                of_v: zeros(padded * width),
                weights: zeros(QUERIES * padded),
                slopes: zeros(QUERIES * padded),
            };
            arch.dispatch(&mut task);
            [task.of_q, task.of_k, task.of_v]
        })
        .collect();
    let [of_q, of_k, of_v] = &mut gradients;
    for (index, [part_q, part_k, part_v]) in tasks.iter().enumerate() {
        let (image, head) = (index / heads, index % heads);
        let rows = of_q[image * queries * row..].chunks_exact_mut(row).take(queries);
        for (row, part) in rows.zip(part_q.chunks_exact(width)) {
            row[head * width..][..width].copy_from_slice(part);
        }
        for (whole, part) in [(&mut *of_k, part_k), (&mut *of_v, part_v)] {
            let rows = whole[image * keys * row..].chunks_exact_mut(row).take(keys);
            for (key, row) in rows.enumerate() {
                let part = part[key..].iter().step_by(padded);
                row[head * width..][..width].iter_mut().zip(part).for_each(|(x, y)| *x = *y);
            }
        }
    }
    gradients
}

fn zeros(len: usize) -> Buffer {
    let mut buffer = Buffer::scratch(len);
    buffer.fill(0.0);
    buffer
}

/// One head of one picture: queries, results and slopes `[queries][width]`, padded with zeros, keys and values `[width][padded keys]`.
struct Task {
    sizes: Heads,
    padded: usize,
    scale: f32,
    q: Buffer,
    result: Buffer,
    slope: Buffer,
    k: Buffer,
    v: Buffer,
    of_q: Buffer,
    of_k: Buffer,
    of_v: Buffer,
    /// Of some queries.
    weights: Buffer,
    /// What the loss changes by with each of those weights.
    slopes: Buffer,
}

impl WithSimd for &mut Task {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Task { sizes, padded, scale, .. } = *self;
        let width = sizes.width;
        let block = QUERIES * width;
        for place in (0..self.q.len()).step_by(block) {
            let (q, slope) = (&self.q[place..][..block], &self.slope[place..][..block]);
            products(simd, q, &self.k, &mut self.weights, padded);
            products(simd, slope, &self.v, &mut self.slopes, padded);
            let result = self.result[place..][..block].chunks_exact(width);
            let rows =
                self.weights.chunks_exact_mut(padded).zip(self.slopes.chunks_exact_mut(padded));
            for (query, ((weights, slopes), (result, slope))) in
                rows.zip(result.zip(slope.chunks_exact(width))).enumerate()
            {
                normalise(simd, weights, sizes.seen(place / width + query), scale);
                // How much all weights would grow, were they not normalised.
                let common: f32 = result.iter().zip(slope).map(|(a, b)| a * b).sum();
                let (factor, common) = (simd.splat_f32s(scale), simd.splat_f32s(common));
                let weights = S::as_simd_f32s(weights).0;
                for (slope, weight) in S::as_mut_simd_f32s(slopes).0.iter_mut().zip(weights) {
                    let weight = simd.mul_f32s(*weight, factor);
                    *slope = simd.mul_f32s(weight, simd.sub_f32s(*slope, common));
                }
            }
            add_outer(simd, slope, &self.weights, &mut self.of_v, padded);
            add_outer(simd, q, &self.slopes, &mut self.of_k, padded);
            dots(simd, &self.slopes, &self.k, &mut self.of_q[place..][..block], padded);
        }
    }
}

/// `target[query][key] = Σ left[query][i] rows[i][key]`.
#[inline(always)]
fn products<S: Simd>(simd: S, left: &[f32], rows: &[f32], target: &mut [f32], padded: usize) {
    let width = left.len() / QUERIES;
    let vectors = padded / S::F32_LANES;
    let rows = S::as_simd_f32s(rows).0;
    let target = S::as_mut_simd_f32s(target).0;
    for column in 0..vectors {
        let mut sums = [simd.splat_f32s(0.0); QUERIES];
        for (i, row) in rows.chunks_exact(vectors).enumerate() {
            for (query, sum) in sums.iter_mut().enumerate() {
                let left = simd.splat_f32s(left[query * width + i]);
                *sum = simd.mul_add_e_f32s(left, row[column], *sum);
            }
        }
        for (query, sum) in sums.into_iter().enumerate() {
            target[query * vectors + column] = sum;
        }
    }
}

/// `rows[i][key] += Σ left[query][i] right[query][key]`.
#[inline(always)]
fn add_outer<S: Simd>(simd: S, left: &[f32], right: &[f32], rows: &mut [f32], padded: usize) {
    let width = left.len() / QUERIES;
    let vectors = padded / S::F32_LANES;
    let right = S::as_simd_f32s(right).0;
    let right: [&[S::f32s]; QUERIES] = std::array::from_fn(|q| &right[q * vectors..][..vectors]);
    for (i, row) in rows.chunks_exact_mut(padded).enumerate() {
        let left: [S::f32s; QUERIES] =
            std::array::from_fn(|query| simd.splat_f32s(left[query * width + i]));
        for (column, slot) in S::as_mut_simd_f32s(row).0.iter_mut().enumerate() {
            let mut sum = *slot;
            for query in 0..QUERIES {
                sum = simd.mul_add_e_f32s(left[query], right[query][column], sum);
            }
            *slot = sum;
        }
    }
}

/// Scaled scores to weights; those from `keys` on become 0.
#[inline(always)]
fn normalise<S: Simd>(simd: S, scores: &mut [f32], keys: usize, scale: f32) {
    scores[keys..].fill(f32::NEG_INFINITY);
    let mut top = simd.splat_f32s(f32::NEG_INFINITY);
    for score in S::as_simd_f32s(scores).0 {
        top = simd.max_f32s(top, *score);
    }
    let (top, scale) = (simd.splat_f32s(simd.reduce_max_f32s(top)), simd.splat_f32s(scale));
    for score in S::as_mut_simd_f32s(scores).0 {
        *score = exp(simd, simd.mul_f32s(simd.sub_f32s(*score, top), scale));
    }
    scores[keys..].fill(0.0);
    let factor = simd.splat_f32s(1.0 / crate::sums::sum(scores));
    for score in S::as_mut_simd_f32s(scores).0 {
        *score = simd.mul_f32s(*score, factor);
    }
}

/// `target[query][i] = Σ left[query][key] rows[i][key]`, each sum in sixteen interleaved parts on every machine.
#[inline(always)]
fn dots<S: Simd>(simd: S, left: &[f32], rows: &[f32], target: &mut [f32], padded: usize) {
    let width = target.len() / QUERIES;
    for (i, row) in rows.chunks_exact(padded).enumerate() {
        let mut parts = [[0.0f32; LANES]; QUERIES];
        for (block, row) in row.chunks_exact(LANES).enumerate() {
            let row = S::as_simd_f32s(row).0;
            for (query, parts) in parts.iter_mut().enumerate() {
                let left = S::as_simd_f32s(&left[query * padded + block * LANES..][..LANES]).0;
                for ((sum, a), b) in S::as_mut_simd_f32s(parts).0.iter_mut().zip(left).zip(row) {
                    *sum = simd.mul_add_e_f32s(*a, *b, *sum);
                }
            }
        }
        for (query, parts) in parts.iter().enumerate() {
            target[query * width + i] = parts.iter().sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attention;
    use super::*;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    /// The definition, in f64.
    fn reference(sizes: Heads, [q, k, v]: [&[f32]; 3], slope: &[f32]) -> [Vec<f64>; 3] {
        let Heads { batch, queries, keys, heads, width, .. } = sizes;
        let mut gradients = [vec![0f64; q.len()], vec![0f64; k.len()], vec![0f64; v.len()]];
        let scale = 1.0 / (width as f64).sqrt();
        for index in 0..batch * queries * heads {
            let (image, query, head) =
                (index / (queries * heads), index / heads % queries, index % heads);
            let at = (image * queries + query) * heads * width + head * width;
            let key = |key: usize| (image * keys + key) * heads * width + head * width;
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let seen = sizes.seen(query);
            let scores: Vec<f64> = (0..seen)
                .map(|j| dot(&q[at..at + width], &k[key(j)..key(j) + width]) * scale)
                .collect();
            let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|s| (s - top).exp()).sum();
            let weights: Vec<f64> = scores.iter().map(|s| (s - top).exp() / sum).collect();
            let slopes: Vec<f64> = (0..seen)
                .map(|j| dot(&slope[at..at + width], &v[key(j)..key(j) + width]))
                .collect();
            let common: f64 = weights.iter().zip(&slopes).map(|(w, s)| w * s).sum();
            for j in 0..seen {
                let of_score = weights[j] * (slopes[j] - common) * scale;
                for c in 0..width {
                    gradients[0][at + c] += of_score * f64::from(k[key(j) + c]);
                    gradients[1][key(j) + c] += of_score * f64::from(q[at + c]);
                    gradients[2][key(j) + c] += weights[j] * f64::from(slope[at + c]);
                }
            }
        }
        gradients
    }

    #[test]
    fn gradients_are_their_definition_for_any_number_of_threads() {
        for (batch, queries, keys, heads, width, causal) in [
            (1, 1, 1, 1, 1, false),
            (2, 17, 5, 3, 8, false),
            (1, 70, 77, 2, 40, false),
            (2, 33, 64, 1, 16, false),
            (2, 77, 77, 2, 16, true),
            (1, 9, 20, 1, 8, true),
            (1, 20, 9, 1, 8, true),
        ] {
            let sizes = Heads { batch, queries, keys, heads, width, causal };
            let row = heads * width;
            let q = wave(batch * queries * row, 0.731);
            let k = wave(batch * keys * row, 1.117);
            let v = wave(batch * keys * row, 0.317);
            let slope = wave(batch * queries * row, 0.513);
            let run = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let result = attention(sizes, &q, &k, &v);
                    attention_gradients(sizes, [&q, &k, &v], &result, &slope)
                })
            };
            let got = run(1);
            let wanted = reference(sizes, [&q, &k, &v], &slope);
            for (got, wanted) in got.iter().zip(&wanted) {
                for (got, wanted) in got.iter().zip(wanted) {
                    // Sums of up to 80 products below 1, each rounded.
                    assert!((f64::from(*got) - wanted).abs() < 2e-5, "{sizes:?}: {got}, {wanted}");
                }
            }
            assert_eq!(got, run(3));
        }
    }
}
