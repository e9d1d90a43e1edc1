//! Gradients of a convolution.

use pulp::Arch;
use rayon::prelude::*;

use super::direct::Run;
use super::{Geometry, convolve, output_size};
use crate::buffer::Buffer;
use crate::numbers::Numbers;
use crate::tile::{Block, DEPTH, TileShape};

/// Pixels whose slopes are packed at a time.
const PIXELS: usize = 16 * DEPTH;

/// The gradient of the source: `slope` is that of the result.
///
/// # Panics
///
/// If a slice does not have the length the geometry says.
pub fn input_gradient(geometry: Geometry, slope: &[f32], weight: &[f32]) -> Vec<f32> {
    let Geometry { batch, input, output, height, width, kernel_height, kernel_width, .. } =
        geometry;
    // The result is the slope, spread by the stride and correlated with the weights turned by half a turn.
    let mut turned = vec![0.0; weight.len()];
    let taps = geometry.taps();
    for (index, kernel) in weight.chunks_exact(taps).enumerate() {
        let place = (index % input * output + index / input) * taps;
        let target = &mut turned[place..place + taps];
        target.iter_mut().zip(kernel.iter().rev()).for_each(|(target, value)| *target = *value);
    }
    let (rows, columns) = output_size(geometry);
    // Zeros around the slope, so many that every pixel of the source meets the whole kernel.
    let (tall, wide) = (height + kernel_height - 1, width + kernel_width - 1);
    let mut spread = vec![0.0; batch * output * tall * wide];
    let planes = spread.par_chunks_mut(tall * wide).zip(slope.par_chunks(rows * columns));
    planes.for_each(|(spread, slope)| {
        for (index, value) in slope.iter().enumerate() {
            let y = index / columns * geometry.stride + kernel_height - 1;
            let x = index % columns * geometry.stride + kernel_width - 1;
            let (y, x) = (y.checked_sub(geometry.padding), x.checked_sub(geometry.padding));
            if let Some((y, x)) = y.zip(x).filter(|(y, x)| *y < tall && *x < wide) {
                spread[y * wide + x] = *value;
            }
        }
    });
    let back = Geometry {
        input: output,
        output: input,
        height: tall,
        width: wide,
        stride: 1,
        padding: 0,
        ..geometry
    };
    convolve(back, &spread, Numbers::F32(&turned), &vec![0.0; input])
}

/// The gradient of the weight: `slope` is that of the result.
///
/// # Panics
///
/// If a slice does not have the length the geometry says.
pub fn weight_gradient(geometry: Geometry, source: &[f32], slope: &[f32]) -> Vec<f32> {
    let (rows, columns) = output_size(geometry);
    let (output, terms) = (geometry.output, geometry.input * geometry.taps());
    let (taps, pixels) = (geometry.taps(), rows * columns);
    let (shape, arch) = (TileShape::of_this_machine(), Arch::new());
    let padded = output.next_multiple_of(shape.rows);
    let width = terms.next_multiple_of(shape.columns);
    // `[terms panel][output][lane]`, so that a task owns its panels.
    let mut sums = Buffer::scratch(padded * width);
    let all = geometry.batch * pixels;
    let mut left = Buffer::scratch(padded * PIXELS.min(all));
    for start in (0..all).step_by(PIXELS) {
        let count = PIXELS.min(all - start);
        // Blocks of pixels, each with its slopes in left panels and its runs.
        let blocks = left[..padded * count].par_chunks_mut(padded * DEPTH).enumerate();
        let blocks: Vec<(&[f32], Vec<Run>)> = blocks
            .map(|(block, left)| {
                let (first, depth) = (start + block * DEPTH, left.len() / padded);
                pack_slope(slope, (output, pixels), first, depth, shape.rows, left);
                (&*left, Run::of(geometry, first, depth))
            })
            .collect();
        let panels = sums.par_chunks_mut(padded * shape.columns).enumerate();
        let scratch = || (Buffer::scratch(shape.columns * DEPTH), [0.0; DEPTH]);
        panels.for_each_init(scratch, |(right, row), (panel, target)| {
            for (block, (left, runs)) in blocks.iter().enumerate() {
                let depth = left.len() / padded;
                let right = &mut right[..shape.columns * depth];
                for lane in 0..shape.columns.min(terms - panel * shape.columns) {
                    let term = panel * shape.columns + lane;
                    for run in runs {
                        run.gather(geometry, source, term / taps, term % taps, row);
                    }
                    let slots = right[lane..].iter_mut().step_by(shape.columns);
                    slots.zip(&*row).for_each(|(slot, value)| *slot = *value);
                }
                let first = start + block == 0;
                let stride = shape.columns;
                arch.dispatch(Block { left, right, depth, target, stride, first });
            }
        });
    }
    let mut gradient = vec![0.0; output * terms];
    gradient.par_chunks_mut(terms).enumerate().for_each(|(row, target)| {
        for (panel, target) in target.chunks_mut(shape.columns).enumerate() {
            let start = (panel * padded + row) * shape.columns;
            target.copy_from_slice(&sums[start..start + target.len()]);
        }
    });
    gradient
}

/// Slopes of all channels at pixels `start .. start + depth`, counted over the batch, in left panels.
fn pack_slope(
    slope: &[f32],
    (output, pixels): (usize, usize),
    start: usize,
    depth: usize,
    lanes: usize,
    target: &mut [f32],
) {
    for (panel, target) in target.chunks_exact_mut(depth * lanes).enumerate() {
        for (k, target) in target.chunks_exact_mut(lanes).enumerate() {
            let (image, pixel) = ((start + k) / pixels, (start + k) % pixels);
            for (lane, target) in target.iter_mut().enumerate() {
                let channel = panel * lanes + lane;
                let at = (image * output + channel) * pixels + pixel;
                *target = if channel < output { slope[at] } else { 0.0 };
            }
        }
    }
}
