//! The two passes of a separable resize.
//!
//! Rows are scaled horizontally four at a time, so that a weight is fetched once for four rows.
//! Where both axes change, a band of output rows keeps its scaled source rows in a ring that
//! stays in the cache. No output depends on how rows are cut into bands.

use multiversion::multiversion;
use rayon::prelude::*;

use super::kernel::Taps;
use crate::raster::Raster;

/// Rows scaled together by the horizontal pass.
const GROUP: usize = 4;
/// Beyond this many vertical taps bands would share too many rows to scale them twice.
const RING_TAPS: usize = 64;

/// Scales `src` by the given taps, `None` meaning that an axis is copied, into `out`; then
/// `finish` sees each row once.
pub(crate) fn scale<const C: usize>(
    src: Raster<'_, C>,
    x: Option<&Taps>,
    y: Option<&Taps>,
    out: &mut [[f32; C]],
    finish: impl Fn(&mut [[f32; C]]) + Sync,
) {
    match (x, y) {
        (None, None) => {
            out.copy_from_slice(src.pixels);
            out.par_chunks_mut(src.width).for_each(&finish);
        }
        (Some(x), None) => across(src, x, out, finish),
        (None, Some(y)) => down(src, y, out, finish),
        (Some(x), Some(y)) if y.longest > RING_TAPS => {
            let mut scaled = vec![[0.0; C]; x.len() * src.height];
            across(src, x, &mut scaled, |_| ());
            down(Raster { width: x.len(), height: src.height, pixels: &scaled }, y, out, finish);
        }
        (Some(x), Some(y)) => both(src, x, y, out, finish),
    }
}

fn across<const C: usize>(
    src: Raster<'_, C>,
    x: &Taps,
    out: &mut [[f32; C]],
    finish: impl Fn(&mut [[f32; C]]) + Sync,
) {
    out.par_chunks_mut(GROUP * x.len()).enumerate().for_each(|(group, out)| {
        let first = group * GROUP;
        scale_rows(src, first..src.height.min(first + GROUP), x, out);
        out.chunks_exact_mut(x.len()).for_each(&finish);
    });
}

fn down<const C: usize>(
    src: Raster<'_, C>,
    y: &Taps,
    out: &mut [[f32; C]],
    finish: impl Fn(&mut [[f32; C]]) + Sync,
) {
    out.par_chunks_mut(src.width).enumerate().for_each(|(i, out)| {
        let (first, weights) = y.at(i);
        let rows: Vec<&[f32]> =
            (first..first + weights.len()).map(|j| src.row(j).as_flattened()).collect();
        mix_rows(&rows, weights, out.as_flattened_mut());
        finish(out);
    });
}

fn both<const C: usize>(
    src: Raster<'_, C>,
    x: &Taps,
    y: &Taps,
    out: &mut [[f32; C]],
    finish: impl Fn(&mut [[f32; C]]) + Sync,
) {
    let bands = rayon::current_num_threads() * 4;
    let band = y.len().div_ceil(bands).max(8);
    out.par_chunks_mut(band * x.len()).enumerate().for_each_init(
        || vec![[0.0; C]; y.longest.div_ceil(GROUP).saturating_add(2) * GROUP * x.len()],
        |ring, (i, out)| {
            let mut rows = Ring::new(src, x, y.at(i * band).0, ring);
            for (j, out) in out.chunks_exact_mut(x.len()).enumerate() {
                let (first, weights) = y.at(i * band + j);
                rows.scale_up_to(first + weights.len());
                let rows: Vec<&[f32]> =
                    (first..first + weights.len()).map(|row| rows.row(row)).collect();
                mix_rows(&rows, weights, out.as_flattened_mut());
                finish(out);
            }
        },
    );
}

/// The most recent horizontally scaled rows of a source.
struct Ring<'a, const C: usize> {
    src: Raster<'a, C>,
    x: &'a Taps,
    start: usize,
    next: usize,
    slots: &'a mut [[f32; C]],
}

impl<'a, const C: usize> Ring<'a, C> {
    fn new(src: Raster<'a, C>, x: &'a Taps, start: usize, slots: &'a mut [[f32; C]]) -> Self {
        Self { src, x, start, next: start, slots }
    }

    fn slot(&self, row: usize) -> usize {
        let width = self.x.len();
        (row - self.start) % (self.slots.len() / width) * width
    }

    fn scale_up_to(&mut self, end: usize) {
        while self.next < end {
            let rows = self.next..self.src.height.min(self.next + GROUP);
            let slot = self.slot(self.next);
            let len = rows.len() * self.x.len();
            self.next = rows.end;
            scale_rows(self.src, rows, self.x, &mut self.slots[slot..][..len]);
        }
    }

    fn row(&self, row: usize) -> &[f32] {
        self.slots[self.slot(row)..][..self.x.len()].as_flattened()
    }
}

/// Scales at most [`GROUP`] rows horizontally.
fn scale_rows<const C: usize>(
    src: Raster<'_, C>,
    rows: std::ops::Range<usize>,
    x: &Taps,
    out: &mut [[f32; C]],
) {
    let row = |i: usize| src.row(rows.start + i).as_flattened();
    let len = C * x.len();
    let flat = out.as_flattened_mut();
    match (C, rows.len()) {
        (4, GROUP) => scale_colour([row(0), row(1), row(2), row(3)], x, flat),
        (4, n) => (0..n).for_each(|i| scale_colour([row(i)], x, &mut flat[i * len..][..len])),
        (_, n) => {
            (0..n).for_each(|i| scale_channels(row(i), C, x, &mut flat[i * len..][..len]));
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn scale_colour<const R: usize>(rows: [&[f32]; R], x: &Taps, out: &mut [f32]) {
    let len = 4 * x.len();
    for (i, (first, weights)) in x.iter().enumerate() {
        let taps = weights.len();
        let rows = rows.map(|row| &row[4 * first..][..4 * taps]);
        let mut sums = [[0.0f32; 8]; R];
        for (j, pair) in weights.as_chunks::<2>().0.iter().enumerate() {
            let [a, b] = *pair;
            let weights = [a, a, a, a, b, b, b, b];
            for (sum, row) in sums.iter_mut().zip(rows) {
                let pixels = &row[8 * j..8 * j + 8];
                for k in 0..8 {
                    sum[k] += weights[k] * pixels[k];
                }
            }
        }
        let odd = if taps % 2 == 1 { weights[taps - 1] } else { 0.0 };
        for (r, (sum, row)) in sums.iter_mut().zip(rows).enumerate() {
            let last = &row[4 * (taps - 1)..][..4];
            let out = &mut out[r * len + 4 * i..][..4];
            for k in 0..4 {
                out[k] = sum[k] + sum[k + 4] + odd * last[k];
            }
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn scale_channels(row: &[f32], channels: usize, x: &Taps, out: &mut [f32]) {
    for (out, (first, weights)) in out.chunks_exact_mut(channels).zip(x.iter()) {
        let row = &row[channels * first..][..channels * weights.len()];
        if channels == 1 {
            out[0] = dot(row, weights);
            continue;
        }
        out.fill(0.0);
        for (pixel, weight) in row.chunks_exact(channels).zip(weights) {
            for (out, value) in out.iter_mut().zip(pixel) {
                *out += weight * value;
            }
        }
    }
}

#[inline(always)]
fn dot(values: &[f32], weights: &[f32]) -> f32 {
    let ((values, rest), (weights, weights_rest)) =
        (values.as_chunks::<8>(), weights.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (values, weights) in values.iter().zip(weights) {
        for k in 0..8 {
            sums[k] += values[k] * weights[k];
        }
    }
    let tail: f32 = rest.iter().zip(weights_rest).map(|(v, w)| v * w).sum();
    sums.iter().sum::<f32>() + tail
}

#[multiversion(targets("x86_64+avx2"))]
fn mix_rows(rows: &[&[f32]], weights: &[f32], out: &mut [f32]) {
    const WIDE: usize = 32;
    let (wide, narrow) = out.as_chunks_mut::<WIDE>();
    let done = wide.len() * WIDE;
    for (i, out) in wide.iter_mut().enumerate() {
        let mut sums = [0.0f32; WIDE];
        for (row, weight) in rows.iter().zip(weights) {
            let values = &row[i * WIDE..i * WIDE + WIDE];
            for k in 0..WIDE {
                sums[k] += weight * values[k];
            }
        }
        *out = sums;
    }
    for (i, out) in narrow.iter_mut().enumerate() {
        *out = rows.iter().zip(weights).map(|(row, weight)| weight * row[done + i]).sum();
    }
}
