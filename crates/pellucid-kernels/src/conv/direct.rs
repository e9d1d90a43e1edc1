//! Convolution as a matrix product over packed panels of pixels, a bounded number of pixels at a time.

use pulp::Arch;
use rayon::prelude::*;

use super::{Geometry, output_size};
use crate::buffer::Buffer;
use crate::numbers::{Numbers, with_numbers};
use crate::pack::pack_rows;
use crate::tile::{Block, DEPTH, TileShape};

/// Numbers in the packed pixels that are held at a time (8 MiB).
const PIXEL_BUDGET: usize = 1 << 21;
/// Pixels that are held at a time, at most.
const MOST_PIXELS: usize = 4096;
/// Channels that one task writes, at most: their weights, `DEPTH` deep, fit a core's own cache.
const MOST_CHANNELS: usize = 96;

/// Work for each thread, in tasks, so that none waits long for another.
const TASKS_PER_THREAD: usize = 2;

pub(super) fn convolve(
    geometry: Geometry,
    source: &[f32],
    weight: Numbers<'_>,
    bias: &[f32],
    target: &mut [f32],
) {
    let (rows, columns) = output_size(geometry);
    let shape = TileShape::of_this_machine();
    let depth = geometry.input * geometry.taps();
    let pixels = geometry.batch * rows * columns;
    let fitting = (PIXEL_BUDGET / depth).clamp(shape.columns, MOST_PIXELS);
    let panels = (fitting / shape.columns).min(pixels.div_ceil(shape.columns));
    let plan = Plan::new(geometry, shape, panels);
    let mut packed = Buffer::scratch(panels * shape.columns * depth);
    let mut sums = Buffer::scratch(plan.tasks() * plan.task_size());
    let step = panels * shape.columns;
    for start in (0..pixels).step_by(step) {
        let count = step.min(pixels - start);
        pack_pixels(geometry, source, start, count, shape.columns, &mut packed);
        plan.multiply(weight, &packed, count.div_ceil(shape.columns), &mut sums);
        plan.write(&sums, bias, start, count, rows * columns, target);
    }
}

/// How a product is split in tasks, each for some channels and some panels of pixels.
struct Plan {
    shape: TileShape,
    output: usize,
    depth: usize,
    /// Channels of a task, a multiple of the tile's rows.
    channels: usize,
    groups: usize,
    /// Panels of a task.
    panels: usize,
    splits: usize,
}

impl Plan {
    fn new(geometry: Geometry, shape: TileShape, panels: usize) -> Self {
        let wanted = TASKS_PER_THREAD * rayon::current_num_threads();
        let output = geometry.output;
        let channels = output.div_ceil(wanted).min(MOST_CHANNELS).next_multiple_of(shape.rows);
        let groups = output.div_ceil(channels);
        let per_task = panels.div_ceil(wanted.div_ceil(groups));
        Self {
            shape,
            output,
            depth: geometry.input * geometry.taps(),
            channels,
            groups,
            panels: per_task,
            splits: panels.div_ceil(per_task),
        }
    }

    fn tasks(&self) -> usize {
        self.groups * self.splits
    }

    fn task_size(&self) -> usize {
        self.channels * self.panels * self.shape.columns
    }

    /// The sums of task `split · groups + group` lie at that place, `[channels][pixels of the split]`.
    fn multiply(&self, weight: Numbers<'_>, packed: &[f32], panels: usize, sums: &mut [f32]) {
        let arch = Arch::new();
        let panel_size = self.depth * self.shape.columns;
        let stride = self.panels * self.shape.columns;
        sums.par_chunks_mut(self.task_size()).enumerate().for_each(|(task, sums)| {
            let (split, group) = (task / self.groups, task % self.groups);
            let range = split * self.panels..((split + 1) * self.panels).min(panels);
            let mut left = Buffer::scratch(self.channels * DEPTH.min(self.depth));
            for start in (0..self.depth).step_by(DEPTH) {
                let depth = DEPTH.min(self.depth - start);
                let left = &mut left[..self.channels * depth];
                let first = group * self.channels;
                with_numbers!(weight, values => {
                    let (rows, stride) = (self.output, self.depth);
                    pack_rows(values, rows, stride, first, (start, depth), self.shape.rows, left);
                });
                for (place, panel) in range.clone().enumerate() {
                    let right = &packed[panel * panel_size + start * self.shape.columns..];
                    arch.dispatch(Block {
                        left,
                        right: &right[..depth * self.shape.columns],
                        depth,
                        target: &mut sums[place * self.shape.columns..],
                        stride,
                        first: start == 0,
                    });
                }
            }
        });
    }

    /// Adds the bias and puts pixels `start .. start + count`, counted over the batch, in their planes.
    fn write(
        &self,
        sums: &[f32],
        bias: &[f32],
        start: usize,
        count: usize,
        pixels: usize,
        target: &mut [f32],
    ) {
        let width = self.panels * self.shape.columns;
        target.par_chunks_mut(pixels).enumerate().for_each(|(plane, target)| {
            let (image, channel) = (plane / self.output, plane % self.output);
            let first = start.max(image * pixels);
            let last = (start + count).min((image + 1) * pixels);
            let (group, row) = (channel / self.channels, channel % self.channels);
            let offset = bias[plane % bias.len()];
            let mut at = first;
            while at < last {
                let (split, column) = ((at - start) / width, (at - start) % width);
                let length = (width - column).min(last - at);
                let task = split * self.groups + group;
                let sums = &sums[task * self.task_size() + row * width + column..][..length];
                let target = &mut target[at - image * pixels..][..length];
                for (target, sum) in target.iter_mut().zip(sums) {
                    *target = sum + offset;
                }
                at += length;
            }
        });
    }
}

/// What each tap of each channel sees at pixels `start .. start + count`, in panels `[channel, tap][lanes]`.
fn pack_pixels(
    geometry: Geometry,
    source: &[f32],
    start: usize,
    count: usize,
    lanes: usize,
    packed: &mut [f32],
) {
    let depth = geometry.input * geometry.taps();
    let panels = packed.par_chunks_mut(depth * lanes).take(count.div_ceil(lanes)).enumerate();
    panels.for_each(|(panel, packed)| {
        let first = start + panel * lanes;
        let runs = Run::of(geometry, first, lanes.min(start + count - first));
        for (index, packed) in packed.chunks_exact_mut(lanes).enumerate() {
            let (channel, tap) = (index / geometry.taps(), index % geometry.taps());
            for run in &runs {
                run.gather(geometry, source, channel, tap, packed);
            }
        }
    });
}

/// Neighbouring pixels of one row of the result, at consecutive lanes of a panel.
pub(super) struct Run {
    lane: usize,
    image: usize,
    row: usize,
    column: usize,
    length: usize,
}

impl Run {
    /// The runs in `count` pixels from `first` on, counted over the batch.
    pub(super) fn of(geometry: Geometry, first: usize, count: usize) -> Vec<Self> {
        let (rows, columns) = output_size(geometry);
        let mut runs = Vec::with_capacity(2 + count / columns);
        let mut lane = 0;
        while lane < count {
            let pixel = first + lane;
            let (row, column) = (pixel / columns, pixel % columns);
            let length = (columns - column).min(count - lane);
            runs.push(Self { lane, image: row / rows, row: row % rows, column, length });
            lane += length;
        }
        runs
    }

    /// What one tap of one channel sees at these pixels.
    pub(super) fn gather(
        &self,
        geometry: Geometry,
        source: &[f32],
        channel: usize,
        tap: usize,
        packed: &mut [f32],
    ) {
        let Geometry { input, height, width, kernel_width, stride, padding, .. } = geometry;
        let packed = &mut packed[self.lane..][..self.length];
        let row = (self.row * stride + tap / kernel_width).checked_sub(padding);
        let Some(row) = row.filter(|row| *row < height) else { return packed.fill(0.0) };
        let source = &source[((self.image * input + channel) * height + row) * width..][..width];
        let shift = self.column * stride + tap % kernel_width;
        // Lanes before `from` lie left of the picture, lanes from `to` on right of it.
        let from = padding.saturating_sub(shift).div_ceil(stride).min(self.length);
        let inside = (width + padding).saturating_sub(shift).div_ceil(stride);
        let to = inside.clamp(from, self.length);
        packed[..from].fill(0.0);
        packed[to..].fill(0.0);
        if from < to {
            let source = &source[from * stride + shift - padding..];
            if stride == 1 {
                packed[from..to].copy_from_slice(&source[..to - from]);
            } else {
                let source = source.iter().step_by(stride);
                packed[from..to].iter_mut().zip(source).for_each(|(slot, value)| *slot = *value);
            }
        }
    }
}
