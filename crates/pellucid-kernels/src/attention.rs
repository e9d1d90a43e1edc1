//! Softmax attention without a matrix of scores.
//!
//! A task takes some queries and goes through the keys in blocks, keeping for each query the largest score so
//! far, the sum of exponentials under it and the weighted sum of values; whenever a larger score appears, the
//! sums are scaled down (Milakov and Gimelshein 2018, Dao et al. 2022). Queries lie along the lanes of vectors,
//! so nothing is ever reduced across lanes.

mod gradient;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::math::exp;
use crate::tile::{TileShape, product, with_tile};

pub use gradient::attention_gradients;

/// Keys in a block; a multiple of every machine's panel, because it decides the order of additions.
const KEYS: usize = 192;
/// Panels of queries that share a block of keys while it is in a core's own cache.
const PANELS: usize = 4;
/// Vectors in the widest panel of queries.
const MOST_VECTORS: usize = 4;

/// Sizes of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Independent attentions.
    pub batch: usize,
    /// Queries in each.
    pub queries: usize,
    /// Keys in each.
    pub keys: usize,
    /// Heads that split the width.
    pub heads: usize,
    /// Numbers in one head's query, key or value.
    pub width: usize,
    /// Whether a query sees only the keys up to its own place, as in a text that is read forwards.
    pub causal: bool,
}

impl Heads {
    /// How many keys, from the first, the query at `place` sees.
    fn seen(&self, place: usize) -> usize {
        if self.causal { self.keys.min(place + 1) } else { self.keys }
    }
}

/// `softmax(q kᵀ / √width) v` for each head: `q` is `[batch, queries, heads · width]`, `k` and `v` are `[batch,
/// keys, heads · width]`, the result has the shape of `q`. Without keys it is zero. See [`Heads::causal`].
///
/// # Panics
///
/// If a slice does not have the length `sizes` say.
pub fn attention(sizes: Heads, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f32> {
    let Heads { batch, queries, keys, heads, width, .. } = sizes;
    let row = heads * width;
    assert_eq!(q.len(), batch * queries * row);
    assert_eq!((k.len(), v.len()), (batch * keys * row, batch * keys * row));
    let mut target = vec![0.0; q.len()];
    if target.is_empty() || keys == 0 {
        return target;
    }
    let shape = TileShape::of_this_machine();
    let packed = Packed::new(sizes, shape, k, v);
    // Few queries are shared out among all threads.
    let panels = (batch * queries.div_ceil(shape.columns)).div_ceil(rayon::current_num_threads());
    let step = panels.min(PANELS) * shape.columns;
    let per_image = queries.div_ceil(step);
    // One list of tasks over the batch, each with the rows of the result it writes.
    let mut tasks = Vec::with_capacity(batch * per_image);
    for (image, target) in target.chunks_exact_mut(queries * row).enumerate() {
        for (place, target) in target.chunks_mut(step * row).enumerate() {
            let start = (image * queries + place * step) * row;
            let first = place * step;
            tasks.push((image, first, &q[start..start + target.len()], target));
        }
    }
    let arch = Arch::new();
    let scratch = || Scratch::new(sizes, shape);
    tasks.into_par_iter().for_each_init(scratch, |scratch, (image, first, queries, target)| {
        for head in 0..heads {
            let packed = packed.head(image * heads + head);
            arch.dispatch(Task { sizes, shape, head, packed, first, queries, scratch, target });
        }
    });
    target
}

/// The definition, in f64.
pub mod reference {
    use super::Heads;

    /// As [`super::attention`], one query at a time.
    pub fn attention(sizes: Heads, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f32> {
        let Heads { batch, queries, keys, heads, width, .. } = sizes;
        let row = heads * width;
        let mut target = vec![0.0; q.len()];
        for index in 0..batch * queries * heads {
            let (image, query, head) =
                (index / (queries * heads), index / heads % queries, index % heads);
            let place = (image * queries + query) * row + head * width;
            let q = &q[place..place + width];
            let key = |key: usize| (image * keys + key) * row + head * width;
            let score = |at: usize| {
                let products =
                    q.iter().zip(&k[key(at)..]).map(|(q, k)| f64::from(*q) * f64::from(*k));
                products.sum::<f64>() / (width as f64).sqrt()
            };
            let scores: Vec<f64> = (0..sizes.seen(query)).map(score).collect();
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let factors: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
            let sum: f64 = factors.iter().sum();
            for column in 0..width {
                let value = |(at, factor): (usize, &f64)| factor * f64::from(v[key(at) + column]);
                let mixed: f64 = factors.iter().enumerate().map(value).sum();
                target[place + column] = (mixed / sum) as f32;
            }
        }
        target
    }
}

/// Keys and values of all heads in left panels.
struct Packed {
    keys: Buffer,
    values: Buffer,
    key_size: usize,
    value_size: usize,
}

impl Packed {
    fn new(sizes: Heads, shape: TileShape, k: &[f32], v: &[f32]) -> Self {
        let Heads { batch, keys, heads, width, .. } = sizes;
        let key_size = keys.next_multiple_of(shape.rows) * width;
        let value_size = keys * width.next_multiple_of(shape.rows);
        let mut packed = Self {
            keys: Buffer::scratch(batch * heads * key_size),
            values: Buffer::scratch(batch * heads * value_size),
            key_size,
            value_size,
        };
        let row = heads * width;
        let key =
            |head: usize, key: usize| (head / heads * keys + key) * row + head % heads * width;
        // Keys: `[panel][width][MR keys]`.
        packed.keys.par_chunks_mut(key_size).enumerate().for_each(|(head, target)| {
            for at in 0..keys {
                let source = &k[key(head, at)..][..width];
                let start = at / shape.rows * shape.rows * width + at % shape.rows;
                let slots = target[start..].iter_mut().step_by(shape.rows);
                slots.zip(source).for_each(|(slot, value)| *slot = *value);
            }
        });
        // Values: `[block of keys][panel][key][MR columns]`.
        packed.values.par_chunks_mut(value_size).enumerate().for_each(|(head, target)| {
            let padded = width.next_multiple_of(shape.rows);
            for at in 0..keys {
                let source = &v[key(head, at)..][..width];
                let first = at / KEYS * KEYS;
                let count = KEYS.min(keys - first);
                for (panel, source) in source.chunks(shape.rows).enumerate() {
                    let start = first * padded + (panel * count + at - first) * shape.rows;
                    target[start..start + source.len()].copy_from_slice(source);
                }
            }
        });
        packed
    }

    fn head(&self, index: usize) -> (&[f32], &[f32]) {
        let keys = &self.keys[index * self.key_size..][..self.key_size];
        (keys, &self.values[index * self.value_size..][..self.value_size])
    }
}

/// What a task keeps between blocks of keys, for each panel of queries.
struct Scratch {
    /// `[panel][width][NR]`, scaled.
    queries: Buffer,
    /// `[panel][padded width][NR]`.
    mixed: Buffer,
    /// `[panel][NR]`.
    largest: Buffer,
    /// `[panel][NR]`.
    total: Buffer,
    /// `[key][NR]`.
    scores: Buffer,
}

impl Scratch {
    fn new(sizes: Heads, shape: TileShape) -> Self {
        let lanes = shape.columns;
        Self {
            queries: Buffer::scratch(PANELS * sizes.width * lanes),
            mixed: Buffer::scratch(PANELS * sizes.width.next_multiple_of(shape.rows) * lanes),
            largest: Buffer::scratch(PANELS * lanes),
            total: Buffer::scratch(PANELS * lanes),
            scores: Buffer::scratch(KEYS.next_multiple_of(shape.rows) * lanes),
        }
    }
}

/// One head of some queries.
struct Task<'a> {
    sizes: Heads,
    shape: TileShape,
    head: usize,
    packed: (&'a [f32], &'a [f32]),
    /// The place of the first query.
    first: usize,
    queries: &'a [f32],
    scratch: &'a mut Scratch,
    target: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        self.load();
        let lanes = self.shape.columns;
        let row = self.sizes.heads * self.sizes.width;
        let panels = (self.queries.len() / row).div_ceil(lanes);
        let width = self.sizes.width;
        let padded = width.next_multiple_of(self.shape.rows);
        for start in (0..self.sizes.keys).step_by(KEYS) {
            let count = KEYS.min(self.sizes.keys - start);
            let keys = &self.packed.0[start * width..];
            let keys = &keys[..count.next_multiple_of(self.shape.rows) * width];
            let values = &self.packed.1[start * padded..][..count * padded];
            for panel in 0..panels {
                let lane = panel * lanes;
                let first = self.first + lane;
                // Not one of these queries sees a key of the block.
                if self.sizes.seen(first + lanes - 1) <= start {
                    continue;
                }
                let block = PanelBlock {
                    keys,
                    values,
                    count,
                    width,
                    hidden: self.sizes.causal.then(|| first as isize - start as isize),
                    queries: &self.scratch.queries[lane * width..][..lanes * width],
                    scores: &mut self.scratch.scores,
                    mixed: &mut self.scratch.mixed[lane * padded..][..lanes * padded],
                    largest: &mut self.scratch.largest[lane..][..lanes],
                    total: &mut self.scratch.total[lane..][..lanes],
                };
                with_tile!(simd: S, absorb(block));
            }
        }
        self.store();
    }
}

impl Task<'_> {
    fn load(&mut self) {
        let (lanes, width) = (self.shape.columns, self.sizes.width);
        let scale = (1.0 / (width as f64).sqrt()) as f32;
        self.scratch.mixed.fill(0.0);
        self.scratch.largest.fill(f32::NEG_INFINITY);
        self.scratch.total.fill(0.0);
        let rows = self.queries.chunks_exact(self.sizes.heads * width);
        for (query, row) in rows.enumerate() {
            let start = query / lanes * lanes * width + query % lanes;
            let slots = self.scratch.queries[start..].iter_mut().step_by(lanes);
            let row = &row[self.head * width..][..width];
            slots.zip(row).for_each(|(slot, value)| *slot = value * scale);
        }
    }

    fn store(&mut self) {
        let (lanes, width) = (self.shape.columns, self.sizes.width);
        let padded = width.next_multiple_of(self.shape.rows);
        let rows = self.target.chunks_exact_mut(self.sizes.heads * width);
        for (query, row) in rows.enumerate() {
            let factor = 1.0 / self.scratch.total[query];
            let start = query / lanes * lanes * padded + query % lanes;
            let mixed = self.scratch.mixed[start..].iter().step_by(lanes);
            let row = &mut row[self.head * width..][..width];
            row.iter_mut().zip(mixed).for_each(|(slot, value)| *slot = value * factor);
        }
    }
}

/// A panel of queries meets a block of keys.
struct PanelBlock<'a> {
    keys: &'a [f32],
    values: &'a [f32],
    count: usize,
    width: usize,
    /// Where queries see keys up to their own place only: how many places the first query is behind the first key.
    hidden: Option<isize>,
    queries: &'a [f32],
    scores: &'a mut [f32],
    mixed: &'a mut [f32],
    largest: &'a mut [f32],
    total: &'a mut [f32],
}

#[inline(always)]
fn absorb<S: Simd, const MR: usize, const NV: usize>(simd: S, block: PanelBlock<'_>) {
    let PanelBlock { keys, values, count, width, hidden, queries, scores, mixed, largest, total } =
        block;
    let vectors = S::as_mut_simd_f32s(scores).0.as_chunks_mut::<NV>().0;
    for (keys, scores) in keys.chunks_exact(width * MR).zip(vectors.as_chunks_mut::<MR>().0) {
        *scores = product::<S, MR, NV>(simd, keys, queries);
    }
    if let Some(behind) = hidden {
        hide(&mut scores[..count * NV * S::F32_LANES], NV * S::F32_LANES, behind);
    }
    let scores = &mut S::as_mut_simd_f32s(scores).0.as_chunks_mut::<NV>().0[..count];
    let largest = &mut S::as_mut_simd_f32s(largest).0.as_chunks_mut::<NV>().0[0];
    let total = &mut S::as_mut_simd_f32s(total).0.as_chunks_mut::<NV>().0[0];

    let before = *largest;
    let mut top = before;
    for scores in scores.iter() {
        for column in 0..NV {
            top[column] = simd.max_f32s(top[column], scores[column]);
        }
    }
    let mut shrink = [simd.splat_f32s(0.0); MOST_VECTORS];
    let mut sums = [simd.splat_f32s(0.0); NV];
    for column in 0..NV {
        shrink[column] = exp(simd, simd.sub_f32s(before[column], top[column]));
    }
    for scores in scores.iter_mut() {
        for column in 0..NV {
            scores[column] = exp(simd, simd.sub_f32s(scores[column], top[column]));
            sums[column] = simd.add_f32s(sums[column], scores[column]);
        }
    }
    for column in 0..NV {
        total[column] = simd.mul_add_e_f32s(total[column], shrink[column], sums[column]);
    }
    *largest = top;

    let mixed = S::as_mut_simd_f32s(mixed).0.as_chunks_mut::<NV>().0;
    let weights = scores.as_flattened();
    for (values, mixed) in values.chunks_exact(count * MR).zip(mixed.as_chunks_mut::<MR>().0) {
        let sums = weighted::<S, MR, NV>(simd, values, weights);
        for row in 0..MR {
            for column in 0..NV {
                mixed[row][column] =
                    simd.mul_add_e_f32s(mixed[row][column], shrink[column], sums[row][column]);
            }
        }
    }
}

/// Takes the keys after a query's own place from its sight: the first of `lanes` queries is `behind` places
/// behind the first key.
fn hide(scores: &mut [f32], lanes: usize, behind: isize) {
    for (key, scores) in scores.chunks_exact_mut(lanes).enumerate() {
        let unseen = (key as isize - behind).clamp(0, lanes as isize);
        scores[..unseen as usize].fill(f32::NEG_INFINITY);
    }
}

/// [`product`] with a right panel that is vectors already.
#[inline(always)]
fn weighted<S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    left: &[f32],
    right: &[S::f32s],
) -> [[S::f32s; NV]; MR] {
    let (left, right) = (left.as_chunks::<MR>().0, right.as_chunks::<NV>().0);
    let mut sums = [[simd.splat_f32s(0.0); NV]; MR];
    for (left, right) in left.iter().zip(right) {
        for row in 0..MR {
            let factor = simd.splat_f32s(left[row]);
            for column in 0..NV {
                sums[row][column] = simd.mul_add_e_f32s(factor, right[column], sums[row][column]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin() * 2.0).collect()
    }

    #[test]
    fn attention_is_its_definition_for_any_number_of_threads() {
        for (batch, queries, keys, heads, width, causal) in [
            (1, 1, 1, 1, 1, false),
            (2, 17, 5, 3, 8, false),
            (1, 70, 401, 2, 40, false),
            (2, 33, 77, 1, 64, false),
            (1, 9, 200, 1, 512, false),
            (2, 77, 77, 3, 64, true),
            // Blocks of keys that no query, some queries and all queries see.
            (1, 500, 500, 1, 8, true),
            (1, 9, 4, 1, 8, true),
        ] {
            let sizes = Heads { batch, queries, keys, heads, width, causal };
            let q = wave(batch * queries * heads * width, 0.731);
            let k = wave(batch * keys * heads * width, 1.117);
            let v = wave(batch * keys * heads * width, 0.317);
            let run = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| attention(sizes, &q, &k, &v))
            };
            let got = run(1);
            for (got, wanted) in got.iter().zip(reference::attention(sizes, &q, &k, &v)) {
                // Scores up to about 40, rounded, move their exponentials by some 1e-6.
                assert!((got - wanted).abs() < 2e-5, "{sizes:?}: {got} is not {wanted}");
            }
            assert_eq!(got, run(3));
        }
    }

    #[test]
    fn large_scores_do_not_overflow() {
        let sizes = Heads { batch: 1, queries: 1, keys: 300, heads: 1, width: 1, causal: false };
        let k: Vec<f32> = (0..300).map(|key| key as f32 * 100.0).collect();
        let got = attention(sizes, &[1.0], &k, &k);
        // All weight is on the last key.
        assert_eq!(got, [29_900.0]);
    }
}
