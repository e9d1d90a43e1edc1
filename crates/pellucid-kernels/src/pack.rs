//! Rows of a matrix, rearranged in panels.

use crate::numbers::Stored;

/// Packs rows `first_row ..` of a matrix whose rows are `stride` apart, columns `start .. start + depth`, in
/// panels `[depth][lanes]`; as many as `target` holds. Rows from `rows` on are zeros.
pub(crate) fn pack_rows<T: Stored>(
    matrix: &[T],
    rows: usize,
    stride: usize,
    first_row: usize,
    columns: (usize, usize),
    lanes: usize,
    target: &mut [f32],
) {
    let (start, depth) = columns;
    for (panel, target) in target.chunks_exact_mut(depth * lanes).enumerate() {
        for lane in 0..lanes {
            let row = first_row + panel * lanes + lane;
            let slots = target[lane..].iter_mut().step_by(lanes);
            if row < rows {
                let source = &matrix[row * stride + start..][..depth];
                for (slot, value) in slots.zip(source) {
                    *slot = value.widen();
                }
            } else {
                slots.for_each(|slot| *slot = 0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_holds_rows_side_by_side_and_zeros_below_the_last() {
        let matrix: Vec<f32> = (0..6).map(|i| i as f32).collect();
        let mut packed = vec![9.0; 8];
        pack_rows(&matrix, 2, 3, 1, (1, 2), 4, &mut packed);
        assert_eq!(packed, [4.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0]);
    }
}
