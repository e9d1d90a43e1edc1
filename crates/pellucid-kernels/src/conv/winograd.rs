//! 3×3 convolution with stride 1 by Winograd's method: transform tiles and weights, one matrix product over
//! the channels for each of 36 points, transform back.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::transform::{POINTS, SPAN, TILE, inputs, outputs, weights};
use super::{Geometry, output_size};
use crate::buffer::Buffer;
use crate::numbers::{Numbers, Stored, with_numbers};
use crate::tile::{Block, DEPTH, TileShape};

/// Numbers in the transformed tiles that are held at a time: as many as in the transformed weights, so that both
/// are read equally often, but within these limits (2 to 8 MiB).
const TILE_BUDGET: (usize, usize) = (1 << 19, 1 << 21);
/// Tiles that are held at a time, at least: fewer would not pay for the transform of the weights.
const FEWEST_HELD: usize = 64;
/// Numbers in the transformed weights of all channels that are kept for a whole call (64 MiB).
const WEIGHT_BUDGET: usize = 1 << 24;
/// Numbers in the transformed weights of one task.
const TASK_BUDGET: usize = 1 << 20;
/// Numbers in the products of one task that are held at a time (256 KiB), unless that is less than
/// [`FEWEST_PANELS`].
const PRODUCT_BUDGET: usize = 1 << 16;
/// Panels of tiles that share a pass over the transformed weights, at least.
const FEWEST_PANELS: usize = 4;
/// Channels that one task writes, at most.
const MOST_CHANNELS: usize = 64;
/// Lanes of the widest panel.
const MOST_LANES: usize = 32;
/// Numbers that a store of a whole vector may write past the end of a panel.
const SLACK: usize = 16;

pub(super) fn convolve(
    geometry: Geometry,
    source: &[f32],
    weight: Numbers<'_>,
    bias: &[f32],
    target: &mut [f32],
) {
    let plan = Plan::new(geometry);
    let Plan { groups, channels, step, .. } = plan;
    let lanes = plan.shape.columns;
    let (rows, columns) = output_size(geometry);
    let mut planes: Vec<Vec<&mut [f32]>> = (0..groups).map(|_| Vec::new()).collect();
    for (plane, values) in target.chunks_exact_mut(rows * columns).enumerate() {
        planes[plane % geometry.output / channels].push(values);
    }

    let blocks = plan.tiles.div_ceil(step);
    let weight_size = plan.weight_size();
    let keep = blocks > 1 && groups * weight_size <= WEIGHT_BUDGET;
    let mut kept = Buffer::scratch(if keep { groups * weight_size } else { 0 });
    if keep {
        let chunks = kept.par_chunks_mut(weight_size).enumerate();
        chunks.for_each(|(group, target)| plan.transform_weights(weight, group, target));
    }
    let mut seen = Buffer::scratch(step.div_ceil(lanes) * plan.panel_size());
    let mut products = Buffer::scratch(groups * plan.product_size());
    for first in (0..plan.tiles).step_by(step) {
        let count = step.min(plan.tiles - first);
        plan.transform_tiles(source, first, count, &mut seen);
        let tasks = planes.par_iter_mut().zip(products.par_chunks_mut(plan.product_size()));
        let scratch = || Buffer::scratch(if keep { 0 } else { weight_size });
        tasks.enumerate().for_each_init(scratch, |scratch, (group, (planes, products))| {
            let weights = if keep {
                &kept[group * weight_size..][..weight_size]
            } else {
                plan.transform_weights(weight, group, scratch);
                &scratch[..]
            };
            for start in (0..count).step_by(plan.chunk * lanes) {
                let part = start..count.min(start + plan.chunk * lanes);
                plan.multiply(weights, &seen[start / lanes * plan.panel_size()..], &part, products);
                plan.transform_back(products, (group, bias), first, part, planes);
            }
        });
    }
}

/// Sizes of the pieces of one call.
struct Plan {
    geometry: Geometry,
    shape: TileShape,
    /// Tiles over the batch.
    tiles: usize,
    /// Tiles that are held at a time.
    step: usize,
    /// Channels of a task, a multiple of the register tile's rows.
    channels: usize,
    groups: usize,
    /// Panels that a task multiplies and transforms back at a time.
    chunk: usize,
}

/// Neighbouring tiles of one row of tiles, at consecutive lanes of a panel.
struct Run {
    lane: usize,
    image: usize,
    row: usize,
    column: usize,
    length: usize,
}

impl Plan {
    fn new(geometry: Geometry) -> Self {
        let shape = TileShape::of_this_machine();
        let (rows, columns) = output_size(geometry);
        let tiles = geometry.batch * rows.div_ceil(TILE) * columns.div_ceil(TILE);
        let weights = POINTS * geometry.input * geometry.output;
        let budget = weights.clamp(TILE_BUDGET.0, TILE_BUDGET.1);
        let fitting = budget / (POINTS * geometry.input) / shape.columns * shape.columns;
        let step = fitting.max(FEWEST_HELD).min(tiles.next_multiple_of(shape.columns));
        let most = (TASK_BUDGET / (POINTS * geometry.input)).clamp(4 * shape.rows, MOST_CHANNELS);
        let wanted = geometry.output.div_ceil(2 * rayon::current_num_threads());
        let channels = wanted.min(most).next_multiple_of(shape.rows);
        let groups = geometry.output.div_ceil(channels);
        let chunk = PRODUCT_BUDGET / (POINTS * channels * shape.columns);
        let chunk = chunk.max(FEWEST_PANELS).min(step.div_ceil(shape.columns));
        Self { geometry, shape, tiles, step, channels, groups, chunk }
    }

    /// Numbers between two points of the transformed weights.
    fn weight_stride(&self) -> usize {
        self.channels * self.geometry.input + SLACK
    }

    fn weight_size(&self) -> usize {
        POINTS * self.weight_stride()
    }

    /// Numbers between two points of a panel; not a power of two, so that points do not share cache sets.
    fn point_stride(&self) -> usize {
        self.geometry.input * self.shape.columns + SLACK
    }

    fn panel_size(&self) -> usize {
        POINTS * self.point_stride()
    }

    /// Numbers between two channels of a product.
    fn product_stride(&self) -> usize {
        self.chunk * self.shape.columns
    }

    fn product_size(&self) -> usize {
        POINTS * self.channels * self.product_stride()
    }

    fn runs(&self, first: usize, count: usize) -> Vec<Run> {
        let (rows, columns) = output_size(self.geometry);
        let (rows, columns) = (rows.div_ceil(TILE), columns.div_ceil(TILE));
        let mut runs = Vec::with_capacity(2 + count / columns);
        let mut lane = 0;
        while lane < count {
            let tile = first + lane;
            let (row, column) = (tile / columns, tile % columns);
            let length = (columns - column).min(count - lane);
            runs.push(Run { lane, image: row / rows, row: row % rows, column, length });
            lane += length;
        }
        runs
    }

    /// The weights of a group of channels, `[point][depth block][panel][depth][MR]`.
    fn transform_weights(&self, weight: Numbers<'_>, group: usize, target: &mut [f32]) {
        let first = group * self.channels;
        with_numbers!(weight, values => {
            Arch::new().dispatch(TransformWeights { plan: self, weight: values, first, target });
        });
    }

    /// Tiles `first .. first + count` in panels `[point][channel][lane]`.
    fn transform_tiles(&self, source: &[f32], first: usize, count: usize, target: &mut [f32]) {
        let arch = Arch::new();
        let lanes = self.shape.columns;
        let panels = target.par_chunks_mut(self.panel_size()).take(count.div_ceil(lanes));
        panels.enumerate().for_each(|(panel, target)| {
            let start = panel * lanes;
            let runs = self.runs(first + start, lanes.min(count - start));
            arch.dispatch(TransformPanel { plan: self, source, runs: &runs, target });
        });
    }

    /// The panels of `seen` that hold the tiles of `part`, as `[point][channel][tile]`.
    fn multiply(&self, weights: &[f32], seen: &[f32], part: &Range<usize>, products: &mut [f32]) {
        let arch = Arch::new();
        let (depth, lanes) = (self.geometry.input, self.shape.columns);
        let size = self.channels * self.product_stride();
        let panels = part.len().div_ceil(lanes);
        for point in 0..POINTS {
            let weights = &weights[point * self.weight_stride()..];
            let products = &mut products[point * size..][..size];
            for start in (0..depth).step_by(DEPTH) {
                let block = DEPTH.min(depth - start);
                let left = &weights[start * self.channels..][..block * self.channels];
                for (panel, seen) in seen.chunks_exact(self.panel_size()).take(panels).enumerate() {
                    let right = &seen[point * self.point_stride() + start * lanes..];
                    arch.dispatch(Block {
                        left,
                        right: &right[..block * lanes],
                        depth: block,
                        target: &mut products[panel * lanes..],
                        stride: self.product_stride(),
                        first: start == 0,
                    });
                }
            }
        }
    }

    /// Writes tiles `first + part` of the planes of one group, which are ordered by image, then by channel.
    fn transform_back(
        &self,
        products: &[f32],
        (group, bias): (usize, &[f32]),
        first: usize,
        part: Range<usize>,
        planes: &mut [&mut [f32]],
    ) {
        let arch = Arch::new();
        let lanes = self.shape.columns;
        for start in (0..part.len()).step_by(lanes) {
            let runs = &self.runs(first + part.start + start, lanes.min(part.len() - start));
            arch.dispatch(TransformBack { plan: self, group, products, bias, start, runs, planes });
        }
    }
}

struct TransformWeights<'a, T> {
    plan: &'a Plan,
    weight: &'a [T],
    first: usize,
    target: &'a mut [f32],
}

impl<T: Stored> WithSimd for TransformWeights<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, weight, first, target } = self;
        let (input, rows) = (plan.geometry.input, plan.shape.rows);
        let stride = plan.weight_stride();
        let mut taps = [[0.0; SLACK]; 9];
        // In the order of memory: a store of a whole vector spoils only what is written after it.
        for start in (0..input).step_by(DEPTH) {
            let depth = DEPTH.min(input - start);
            for panel in (0..plan.channels).step_by(rows) {
                for channel in start..start + depth {
                    for row in 0..rows {
                        let output = first + panel + row;
                        if output < plan.geometry.output {
                            let kernel = &weight[(output * input + channel) * 9..][..9];
                            for tap in 0..9 {
                                taps[tap][row] = kernel[tap].widen();
                            }
                        } else {
                            taps.iter_mut().for_each(|tap| tap[row] = 0.0);
                        }
                    }
                    let place = start * plan.channels + panel * depth + (channel - start) * rows;
                    for lane in (0..rows).step_by(S::F32_LANES) {
                        let mut along = [[simd.splat_f32s(0.0); SPAN]; 3];
                        for (along, taps) in along.iter_mut().zip(taps.as_chunks::<3>().0) {
                            *along = weights(simd, vectors::<S, _, 3>(taps, lane));
                        }
                        for x in 0..SPAN {
                            let points = weights(simd, column(&along, x));
                            for (y, value) in points.into_iter().enumerate() {
                                let at = (y * SPAN + x) * stride + place + lane;
                                set_first_vector::<S>(&mut target[at..], value);
                            }
                        }
                    }
                }
            }
        }
    }
}

struct TransformPanel<'a> {
    plan: &'a Plan,
    source: &'a [f32],
    runs: &'a [Run],
    target: &'a mut [f32],
}

impl WithSimd for TransformPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, source, runs, target } = self;
        let (lanes, stride) = (plan.shape.columns, plan.point_stride());
        let mut tile = [[[0.0; MOST_LANES]; SPAN]; SPAN];
        let zero = simd.splat_f32s(0.0);
        for channel in 0..plan.geometry.input {
            for run in runs {
                gather(plan.geometry, source, channel, run, &mut tile);
            }
            for lane in (0..lanes).step_by(S::F32_LANES) {
                let mut along = [[zero; SPAN]; SPAN];
                for (along, row) in along.iter_mut().zip(&tile) {
                    *along = inputs(simd, vectors::<S, _, SPAN>(row, lane));
                }
                for x in 0..SPAN {
                    let points = inputs(simd, column(&along, x));
                    for (y, value) in points.into_iter().enumerate() {
                        let at = (y * SPAN + x) * stride + channel * lanes + lane;
                        set_first_vector::<S>(&mut target[at..], value);
                    }
                }
            }
        }
    }
}

/// Reads the 6×6 pixels of each tile of a run, `[row][column][lane]`, zeros outside the picture.
#[inline(always)]
fn gather(
    geometry: Geometry,
    source: &[f32],
    channel: usize,
    run: &Run,
    tile: &mut [[[f32; MOST_LANES]; SPAN]; SPAN],
) {
    let Geometry { input, height, width, padding, .. } = geometry;
    let plane = &source[(run.image * input + channel) * height * width..][..height * width];
    let length = TILE * run.length + 2;
    let mut bordered = [0.0; TILE * MOST_LANES + 2];
    for (y, tile) in tile.iter_mut().enumerate() {
        let row = (TILE * run.row + y).checked_sub(padding).filter(|row| *row < height);
        let Some(row) = row else {
            tile.iter_mut().for_each(|column| column[run.lane..][..run.length].fill(0.0));
            continue;
        };
        let row = &plane[row * width..][..width];
        let start = TILE * run.column;
        let pixels = if start >= padding && start - padding + length <= width {
            &row[start - padding..][..length]
        } else {
            let from = padding.saturating_sub(start).min(length);
            let to = (width + padding).saturating_sub(start).clamp(from, length);
            bordered[..from].fill(0.0);
            bordered[from..to].copy_from_slice(&row[start + from - padding..start + to - padding]);
            bordered[to..length].fill(0.0);
            &bordered[..length]
        };
        let [a, b, c, d, e, f] = tile;
        let (a, b) = (&mut a[run.lane..][..run.length], &mut b[run.lane..][..run.length]);
        let (c, d) = (&mut c[run.lane..][..run.length], &mut d[run.lane..][..run.length]);
        let (e, f) = (&mut e[run.lane..][..run.length], &mut f[run.lane..][..run.length]);
        // As long as the lanes are, so that no access needs a check.
        let first = &pixels.as_chunks::<TILE>().0[..run.length];
        for (lane, pixels) in first.iter().enumerate() {
            (a[lane], b[lane], c[lane], d[lane]) = (pixels[0], pixels[1], pixels[2], pixels[3]);
        }
        let (whole, last) = pixels[TILE..].as_chunks::<TILE>();
        for (lane, pixels) in whole[..run.length - 1].iter().enumerate() {
            (e[lane], f[lane]) = (pixels[0], pixels[1]);
        }
        (e[run.length - 1], f[run.length - 1]) = (last[0], last[1]);
    }
}

struct TransformBack<'a, 'b> {
    plan: &'a Plan,
    group: usize,
    products: &'a [f32],
    bias: &'a [f32],
    start: usize,
    runs: &'a [Run],
    planes: &'a mut [&'b mut [f32]],
}

impl WithSimd for TransformBack<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, group, products, bias, start, runs, planes } = self;
        let stride = plan.product_stride();
        let point_stride = plan.channels * stride;
        let size = output_size(plan.geometry);
        let zero = simd.splat_f32s(0.0);
        let mut tile = [[[0.0; MOST_LANES]; TILE]; TILE];
        let output = plan.geometry.output;
        let first = group * plan.channels;
        let channels = plan.channels.min(output - first);
        for channel in 0..channels {
            let products = &products[channel * stride + start..];
            for lane in (0..plan.shape.columns).step_by(S::F32_LANES) {
                let mut along = [[zero; TILE]; SPAN];
                for (y, along) in along.iter_mut().enumerate() {
                    let mut points = [zero; SPAN];
                    for (x, point) in points.iter_mut().enumerate() {
                        let at = (y * SPAN + x) * point_stride + lane;
                        *point = first_vector::<S>(&products[at..]);
                    }
                    *along = outputs(simd, points);
                }
                for x in 0..TILE {
                    let values = outputs(simd, column(&along, x));
                    for (row, &value) in tile.iter_mut().zip(&values) {
                        set_first_vector::<S>(&mut row[x][lane..], value);
                    }
                }
            }
            for run in runs {
                let offset = bias[(run.image * output + first + channel) % bias.len()];
                scatter(size, &tile, run, offset, planes[run.image * channels + channel]);
            }
        }
    }
}

/// Writes the 4×4 pixels of each tile of a run, `[row][column][lane]`, plus `offset`, where they lie inside the
/// picture.
#[inline(always)]
fn scatter(
    (height, width): (usize, usize),
    tile: &[[[f32; MOST_LANES]; TILE]; TILE],
    run: &Run,
    offset: f32,
    plane: &mut [f32],
) {
    let lanes = run.lane..run.lane + run.length;
    for (y, tile) in tile.iter().enumerate() {
        let row = TILE * run.row + y;
        if row >= height {
            break;
        }
        let row = &mut plane[row * width..][..width];
        let row = &mut row[TILE * run.column..];
        let [a, b, c, d] = tile;
        let (a, b) = (&a[lanes.clone()], &b[lanes.clone()]);
        let (c, d) = (&c[lanes.clone()], &d[lanes.clone()]);
        let (whole, rest) = row.as_chunks_mut::<TILE>();
        for (lane, pixels) in whole.iter_mut().take(run.length).enumerate() {
            *pixels = [a[lane] + offset, b[lane] + offset, c[lane] + offset, d[lane] + offset];
        }
        if whole.len() < run.length {
            let lane = run.length - 1;
            let last = [a[lane] + offset, b[lane] + offset, c[lane] + offset, d[lane] + offset];
            rest.copy_from_slice(&last[..rest.len()]);
        }
    }
}

/// Element `x` of each row.
#[inline(always)]
fn column<V: Copy, const ROWS: usize, const COLUMNS: usize>(
    rows: &[[V; COLUMNS]; ROWS],
    x: usize,
) -> [V; ROWS] {
    let mut column = [rows[0][x]; ROWS];
    for (slot, row) in column.iter_mut().zip(rows) {
        *slot = row[x];
    }
    column
}

/// The vector from `lane` on of each row.
///
/// A loop, because what is called in `array::map` is compiled without the chosen instructions.
#[inline(always)]
fn vectors<S: Simd, R: AsRef<[f32]>, const ROWS: usize>(
    rows: &[R; ROWS],
    lane: usize,
) -> [S::f32s; ROWS] {
    let mut vectors = [first_vector::<S>(&rows[0].as_ref()[lane..]); ROWS];
    for (slot, row) in vectors.iter_mut().zip(rows) {
        *slot = first_vector::<S>(&row.as_ref()[lane..]);
    }
    vectors
}

#[inline(always)]
fn first_vector<S: Simd>(values: &[f32]) -> S::f32s {
    S::as_simd_f32s(&values[..S::F32_LANES]).0[0]
}

#[inline(always)]
fn set_first_vector<S: Simd>(values: &mut [f32], vector: S::f32s) {
    S::as_mut_simd_f32s(&mut values[..S::F32_LANES]).0[0] = vector;
}
