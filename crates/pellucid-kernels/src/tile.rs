//! The innermost product: a small tile of the result held in registers.
//!
//! Operands are packed in panels. A *left panel* holds `MR` rows, stored as `[k][MR]`; a *right panel* holds
//! `NR` columns, stored as `[k][NR]`. Every number of a result is one chain of multiply-adds over `k`, whatever
//! the size of the tile, so results do not depend on the width of the registers.

use pulp::{Arch, Simd, WithSimd};

/// Terms that are added up in registers before a partial sum is written; the same on every machine, because
/// it decides the order of additions.
pub(crate) const DEPTH: usize = 256;

/// Rows and columns of the tile that fits the registers of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileShape {
    /// `MR`.
    pub(crate) rows: usize,
    /// `NR`.
    pub(crate) columns: usize,
}

impl TileShape {
    /// Of the best instructions this machine has.
    pub(crate) fn of_this_machine() -> Self {
        struct Ask;
        impl WithSimd for Ask {
            type Output = TileShape;

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> TileShape {
                let (rows, vectors) = shape_for(S::F32_LANES);
                TileShape { rows, columns: vectors * S::F32_LANES }
            }
        }
        Arch::new().dispatch(Ask)
    }
}

/// Rows, and vectors in a row; [`with_tile`] has the same table.
const fn shape_for(lanes: usize) -> (usize, usize) {
    match lanes {
        16 => (8, 2),
        8 => (6, 2),
        4 => (6, 4),
        _ => (4, 4),
    }
}

/// Calls a function generic in the instructions, `MR` and the vectors in `NR`, with the tile shape for `$simd`.
macro_rules! with_tile {
    ($simd:ident : $S:ident, $function:ident ( $($argument:expr),* $(,)? )) => {
        match <$S as pulp::Simd>::F32_LANES {
            16 => $function::<$S, 8, 2>($simd, $($argument),*),
            8 => $function::<$S, 6, 2>($simd, $($argument),*),
            4 => $function::<$S, 6, 4>($simd, $($argument),*),
            _ => $function::<$S, 4, 4>($simd, $($argument),*),
        }
    };
}
pub(crate) use with_tile;

/// A left panel times a right panel.
#[inline(always)]
pub(crate) fn product<S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    left: &[f32],
    right: &[f32],
) -> [[S::f32s; NV]; MR] {
    let (left, _) = left.as_chunks::<MR>();
    let (right, _) = S::as_simd_f32s(right);
    let (right, _) = right.as_chunks::<NV>();
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

/// Left panels times right panels, `depth` deep, written (`first`) or added to `target`, whose rows are `stride`
/// numbers apart and as many as the left panels have.
#[inline(always)]
pub(crate) fn block<S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    left: &[f32],
    right: &[f32],
    depth: usize,
    target: &mut [f32],
    stride: usize,
    first: bool,
) {
    let columns = NV * S::F32_LANES;
    for (j, right) in right.chunks_exact(depth * columns).enumerate() {
        for (i, left) in left.chunks_exact(depth * MR).enumerate() {
            let sums = product::<S, MR, NV>(simd, left, right);
            for (row, sums) in sums.iter().enumerate() {
                let start = (i * MR + row) * stride + j * columns;
                let (target, _) = S::as_mut_simd_f32s(&mut target[start..start + columns]);
                for (target, &sum) in target.iter_mut().zip(sums) {
                    *target = if first { sum } else { simd.add_f32s(*target, sum) };
                }
            }
        }
    }
}

/// [`block`] with the best instructions of this machine.
pub(crate) struct Block<'a> {
    pub(crate) left: &'a [f32],
    pub(crate) right: &'a [f32],
    pub(crate) depth: usize,
    pub(crate) target: &'a mut [f32],
    pub(crate) stride: usize,
    pub(crate) first: bool,
}

impl WithSimd for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { left, right, depth, target, stride, first } = self;
        with_tile!(simd: S, block(left, right, depth, target, stride, first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_the_matrix_product() {
        let TileShape { rows, columns } = TileShape::of_this_machine();
        let (depth, panels) = (5, 2);
        let left: Vec<f32> = (0..depth * rows * panels).map(|i| (i % 7) as f32 - 3.0).collect();
        let right: Vec<f32> = (0..depth * columns * panels).map(|i| (i % 5) as f32 - 2.0).collect();
        let stride = columns * panels;
        let mut target = vec![1.0; rows * panels * stride];
        let arch = Arch::new();
        for first in [true, false] {
            arch.dispatch(Block {
                left: &left,
                right: &right,
                depth,
                target: &mut target,
                stride,
                first,
            });
        }
        for row in 0..rows * panels {
            for column in 0..stride {
                let l = |k: usize| left[(row / rows * depth + k) * rows + row % rows];
                let r =
                    |k: usize| right[(column / columns * depth + k) * columns + column % columns];
                let sum: f32 = (0..depth).map(|k| l(k) * r(k)).sum();
                // Small whole numbers: exact.
                assert_eq!(target[row * stride + column], 2.0 * sum, "{row} {column}");
            }
        }
    }
}
