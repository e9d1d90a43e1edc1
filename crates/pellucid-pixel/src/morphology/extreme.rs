//! Running minima and maxima.
//!
//! M. van Herk, 1992: a window of `w` samples covers the end of one block of `w` and the start of
//! the next, so two running extremes per sample serve every window, whatever `w`.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::lines::{LANES, Lane, LineFilter, along_rows, separable};
use crate::raster::Raster;

/// The largest (`MAX`) or smallest value over `2 * radius + 1` samples.
pub(super) struct Extreme<const MAX: bool> {
    pub radius: usize,
    /// The value outside the picture.
    pub outside: f32,
}

impl<const MAX: bool> LineFilter for Extreme<MAX> {
    fn run(&self, line: &[Lane], scratch: &mut Vec<Lane>, out: &mut [Lane]) {
        // Beyond the line there is nothing but `outside`: one sample of it is as good as many.
        let radius = self.radius.min(line.len());
        let outside = [self.outside; LANES];
        scratch.clear();
        scratch.resize(radius, outside);
        scratch.extend_from_slice(line);
        scratch.resize(line.len() + 2 * radius, outside);
        let len = scratch.len();
        scratch.extend_from_within(..);
        let (forward, backward) = scratch.split_at_mut(len);
        extremes::<MAX>(forward, backward, 2 * radius + 1, out);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn extremes<const MAX: bool>(
    forward: &mut [Lane],
    backward: &mut [Lane],
    window: usize,
    out: &mut [Lane],
) {
    for block in forward.chunks_mut(window) {
        let mut so_far = block[0];
        for lane in block {
            so_far = extreme::<MAX, LANES>(so_far, *lane);
            *lane = so_far;
        }
    }
    for block in backward.chunks_mut(window) {
        let mut so_far = block[block.len() - 1];
        for lane in block.iter_mut().rev() {
            so_far = extreme::<MAX, LANES>(so_far, *lane);
            *lane = so_far;
        }
    }
    let ends = &forward[window - 1..];
    for ((out, start), end) in out.iter_mut().zip(backward.iter()).zip(ends) {
        *out = extreme::<MAX, LANES>(*start, *end);
    }
}

#[inline(always)]
fn extreme<const MAX: bool, const N: usize>(mut a: [f32; N], b: [f32; N]) -> [f32; N] {
    for k in 0..N {
        a[k] = if (a[k] > b[k]) == MAX { a[k] } else { b[k] };
    }
    a
}

/// The extreme over the square of `2 * radius + 1` a side.
pub(super) fn square<const MAX: bool>(
    frame: Raster<'_, 1>,
    radius: usize,
    outside: f32,
    out: &mut [[f32; 1]],
) {
    let filter = Extreme::<MAX> { radius, outside };
    separable(frame, &filter, &filter, out, |_| ());
}

/// The extreme over pixels whose rows are spans of half length `half_span(radius, dy)`.
///
/// Rows with spans of the same length share one running extreme.
pub(super) fn spans<const MAX: bool>(
    frame: Raster<'_, 1>,
    radius: usize,
    half_span: fn(usize, usize) -> usize,
    outside: f32,
    out: &mut [[f32; 1]],
) {
    let (width, height) = (frame.width, frame.height);
    let mut spans = vec![[0.0]; frame.pixels.len()];
    let mut first = true;
    let mut dy = 0;
    while dy <= radius {
        let half = half_span(radius, dy);
        let end = (dy..=radius).find(|dy| half_span(radius, *dy) != half).unwrap_or(radius + 1);
        along_rows(frame, &Extreme::<MAX> { radius: half, outside }, &mut spans);
        out.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            if first {
                row.fill([if MAX { f32::NEG_INFINITY } else { f32::INFINITY }]);
            }
            let row = row.as_flattened_mut();
            for dy in dy..end {
                for y in [y.checked_sub(dy), Some(y + dy).filter(|y| *y < height)] {
                    match y {
                        Some(y) => merge::<MAX>(row, spans[y * width..][..width].as_flattened()),
                        None => {
                            row.iter_mut().for_each(|v| [*v] = extreme::<MAX, 1>([*v], [outside]))
                        }
                    }
                }
            }
        });
        first = false;
        dy = end;
    }
}

/// The largest `dx` with `dx + dy <= radius`.
pub(super) fn diamond(radius: usize, dy: usize) -> usize {
    radius - dy
}

/// The largest `dx` with `dx² + dy² <= radius²`.
pub(super) fn disc(radius: usize, dy: usize) -> usize {
    (radius * radius - dy * dy).isqrt()
}

#[multiversion(targets("x86_64+avx2"))]
fn merge<const MAX: bool>(row: &mut [f32], other: &[f32]) {
    for (value, other) in row.iter_mut().zip(other) {
        [*value] = extreme::<MAX, 1>([*value], [*other]);
    }
}
