//! Dense layers: rows times a transposed matrix.

use pulp::Arch;
use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::numbers::{Numbers, with_numbers};
use crate::pack::pack_rows;
use crate::tile::{Block, DEPTH, TileShape};

/// Rows that a task takes, at most: packed `DEPTH` deep, they fit a core's own cache.
const MOST_ROWS: usize = 96;

/// `x Wᵀ + b`: `source` is `[rows, input]`, `weight` `[output, input]`, `bias` `[output]`.
///
/// # Panics
///
/// If the lengths do not fit together.
pub fn linear(
    source: &[f32],
    input: usize,
    weight: Numbers<'_>,
    bias: Option<&[f32]>,
    output: usize,
) -> Vec<f32> {
    assert_eq!(weight.len(), input * output);
    assert!(bias.is_none_or(|bias| bias.len() == output));
    let rows = source.len().checked_div(input).unwrap_or(0);
    let mut target = vec![0.0; rows * output];
    if target.is_empty() {
        return target;
    }
    let shape = TileShape::of_this_machine();
    let packed = pack_weight(weight, input, output, shape.columns);
    // As many rows as go together, in tasks that every thread has an equal number of.
    let threads = rayon::current_num_threads();
    let tasks = rows.div_ceil(threads * MOST_ROWS) * threads;
    let step = rows.div_ceil(tasks).next_multiple_of(shape.rows);
    let width = output.next_multiple_of(shape.columns);
    let scratch = || (Buffer::scratch(step * DEPTH.min(input)), Buffer::scratch(step * width));
    let blocks = target.par_chunks_mut(step * output).enumerate();
    blocks.for_each_init(scratch, |(left, sums), (index, target)| {
        multiply(source, input, index * step, (&packed, shape), left, sums);
        for (target, sums) in target.chunks_exact_mut(output).zip(sums.chunks_exact(width)) {
            match bias {
                None => target.copy_from_slice(&sums[..output]),
                Some(bias) => {
                    let sums = sums.iter().zip(bias);
                    target.iter_mut().zip(sums).for_each(|(y, (sum, bias))| *y = sum + bias);
                }
            }
        }
    });
    target
}

/// Panels of `lanes` outputs, `[depth block][panel][depth][lanes]`.
fn pack_weight(weight: Numbers<'_>, input: usize, output: usize, lanes: usize) -> Buffer {
    let width = output.next_multiple_of(lanes);
    let mut packed = Buffer::scratch(width * input);
    packed.par_chunks_mut(width * DEPTH).enumerate().for_each(|(block, target)| {
        let depth = target.len() / width;
        target.par_chunks_mut(lanes * depth).enumerate().for_each(|(panel, target)| {
            let columns = (block * DEPTH, depth);
            with_numbers!(weight, values => {
                pack_rows(values, output, input, panel * lanes, columns, lanes, target);
            });
        });
    });
    packed
}

/// The rows from `first` on that `sums` has room for, times all panels.
fn multiply(
    source: &[f32],
    input: usize,
    first: usize,
    (packed, shape): (&Buffer, TileShape),
    left: &mut Buffer,
    sums: &mut Buffer,
) {
    let arch = Arch::new();
    let width = packed.len() / input;
    let padded = sums.len() / width;
    let rows = source.len() / input;
    for (block, right) in packed.chunks(width * DEPTH).enumerate() {
        let depth = right.len() / width;
        let left = &mut left[..padded * depth];
        pack_rows(source, rows, input, first, (block * DEPTH, depth), shape.rows, left);
        let (target, stride, first) = (&mut sums[..], width, block == 0);
        arch.dispatch(Block { left, right, depth, target, stride, first });
    }
}

/// The definition, in f64.
pub mod reference {
    /// As [`super::linear`], by nested loops.
    pub fn linear(source: &[f32], input: usize, weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let mut target = Vec::new();
        for row in source.chunks_exact(input) {
            for (weight, bias) in weight.chunks_exact(input).zip(bias) {
                let products = row.iter().zip(weight).map(|(x, w)| f64::from(*x) * f64::from(*w));
                target.push((products.sum::<f64>() + f64::from(*bias)) as f32);
            }
        }
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn a_dense_layer_is_its_definition_for_any_number_of_rows_and_threads() {
        for (rows, input, output) in [(1, 5, 3), (2, 300, 33), (37, 513, 70), (230, 40, 17)] {
            let (source, weight) = (wave(rows * input, 0.73), wave(output * input, 1.117));
            let bias = wave(output, 0.9);
            let run = |threads, source: &[f32]| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let weight = Numbers::F32(&weight);
                pool.install(|| linear(source, input, weight, Some(&bias), output))
            };
            let got = run(1, &source);
            for (got, wanted) in got.iter().zip(reference::linear(&source, input, &weight, &bias)) {
                // Sums of up to 513 products below 1.
                assert!((got - wanted).abs() < 1e-5, "{got} is not {wanted}");
            }
            assert_eq!(got, run(3, &source));
            let single: Vec<f32> = source.chunks(input).flat_map(|row| run(2, row)).collect();
            assert_eq!(got, single);
        }
    }
}
