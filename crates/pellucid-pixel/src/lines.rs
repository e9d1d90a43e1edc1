//! Filters of one dimension, run along the rows and the columns of a frame.
//!
//! A line is a sequence of [`Lane`]s: sixteen independent signals (four pixels of an image or
//! sixteen of a matte, from neighbouring rows or columns) that are filtered side by side.

use rayon::prelude::*;

use crate::Edge;
use crate::raster::Raster;

/// Signals filtered side by side.
pub(crate) const LANES: usize = 16;

/// One sample of every signal.
pub(crate) type Lane = [f32; LANES];

/// A filter of one dimension.
pub(crate) trait LineFilter: Sync {
    /// Filters `line` into `out`, which has the same length; `scratch` is memory to reuse.
    fn run(&self, line: &[Lane], scratch: &mut Vec<Lane>, out: &mut [Lane]);
}

/// Filters every row of `src` into `out`.
pub(crate) fn along_rows<const C: usize>(
    src: Raster<'_, C>,
    filter: &impl LineFilter,
    out: &mut [[f32; C]],
) {
    let group = LANES / C * src.width;
    let zeros = || vec![[0.0; LANES]; src.width];
    out.par_chunks_mut(group).zip(src.pixels.par_chunks(group)).for_each_init(
        || (zeros(), zeros(), Vec::new()),
        |(line, filtered, scratch), (out, rows)| {
            for (i, row) in rows.chunks_exact(src.width).enumerate() {
                for (lane, pixel) in line.iter_mut().zip(row) {
                    lane[i * C..][..C].copy_from_slice(pixel);
                }
            }
            filter.run(line, scratch, filtered);
            for (i, row) in out.chunks_exact_mut(src.width).enumerate() {
                for (lane, pixel) in filtered.iter().zip(row) {
                    pixel.copy_from_slice(&lane[i * C..][..C]);
                }
            }
        },
    );
}

/// Filters every column of a frame of rows of `width` in place; then `finish` sees each pixel
/// once, in parts of rows.
pub(crate) fn along_columns<const C: usize>(
    pixels: &mut [[f32; C]],
    width: usize,
    filter: &impl LineFilter,
    finish: impl Fn(&mut [[f32; C]]) + Sync,
) {
    // Strips filtered before any is written back: enough to share out, few enough to be cached.
    const STRIPS: usize = 64;
    let across = LANES / C;
    let height = pixels.len() / width;
    let mut filtered = vec![[0.0; LANES]; width.div_ceil(across).min(STRIPS) * height];
    for left in (0..width).step_by(across * STRIPS) {
        let columns = left..width.min(left + across * STRIPS);
        let strips = columns.len().div_ceil(across);
        let source = &*pixels;
        filtered[..strips * height].par_chunks_mut(height).enumerate().for_each_init(
            || (vec![[0.0; LANES]; height], Vec::new()),
            |(line, scratch), (strip, out)| {
                let first = left + strip * across;
                let last = columns.end.min(first + across);
                for (lane, row) in line.iter_mut().zip(source.chunks_exact(width)) {
                    let pixels = row[first..last].as_flattened();
                    lane[..pixels.len()].copy_from_slice(pixels);
                }
                filter.run(line, scratch, out);
            },
        );
        pixels.par_chunks_mut(width).enumerate().with_min_len(8).for_each(|(y, row)| {
            let row = &mut row[columns.clone()];
            for (strip, pixels) in row.chunks_mut(across).enumerate() {
                let pixels = pixels.as_flattened_mut();
                pixels.copy_from_slice(&filtered[strip * height + y][..pixels.len()]);
            }
            finish(row);
        });
    }
}

/// Filters the rows of `src` with `x`, then the columns of the result with `y`, into `out`; then
/// `finish` sees each pixel once, in parts of rows.
pub(crate) fn separable<const C: usize>(
    src: Raster<'_, C>,
    x: &impl LineFilter,
    y: &impl LineFilter,
    out: &mut [[f32; C]],
    finish: impl Fn(&mut [[f32; C]]) + Sync,
) {
    along_rows(src, x, out);
    along_columns(out, src.width, y, finish);
}

/// Fills `padded` with `line` and `margin` samples more on both sides.
pub(crate) fn pad(line: &[Lane], margin: usize, edge: Edge, padded: &mut Vec<Lane>) {
    let shown = |i: i64| edge.index(i, line.len()).map_or([0.0; LANES], |i| line[i]);
    let (n, margin) = (line.len() as i64, margin as i64);
    padded.clear();
    padded.extend((-margin..0).map(shown));
    padded.extend_from_slice(line);
    padded.extend((n..n + margin).map(shown));
}
