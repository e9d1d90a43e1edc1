//! Sums over all but one axis: what the gradient of a bias is.

use rayon::prelude::*;

/// Rows that are added up before a partial sum is written.
const ROWS: usize = 256;

/// The sum of each plane of `planes` planes.
///
/// # Panics
///
/// If the planes are not of one size.
pub fn of_planes(values: &[f32], planes: usize) -> Vec<f32> {
    assert!(planes > 0 && values.len().is_multiple_of(planes), "planes of different sizes");
    let size = values.len() / planes;
    if size == 0 {
        return vec![0.0; planes];
    }
    values.par_chunks(size).map(sum).collect()
}

/// The sum of each column of rows of `columns` numbers.
///
/// # Panics
///
/// If the last row is not whole.
pub fn of_columns(values: &[f32], columns: usize) -> Vec<f32> {
    assert!(columns > 0 && values.len().is_multiple_of(columns), "a row that is not whole");
    let part = |rows: &[f32]| {
        let mut sums = vec![0.0; columns];
        for row in rows.chunks_exact(columns) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sums
    };
    let parts: Vec<Vec<f32>> = values.par_chunks(columns * ROWS).map(part).collect();
    let mut sums = vec![0.0; columns];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sums
}

/// A sum in sixteen interleaved parts, so that it is quick and rounds little.
pub(crate) fn sum(values: &[f32]) -> f32 {
    let (blocks, rest) = values.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value);
    }
    sums.iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_small_whole_numbers_are_exact() {
        let values: Vec<f32> = (0..3 * 1000).map(|i| (i % 7) as f32).collect();
        let planes: Vec<f32> = values.chunks(1000).map(|plane| plane.iter().sum()).collect();
        assert_eq!(of_planes(&values, 3), planes);
        let column = |c: usize| values.iter().skip(c).step_by(3).sum::<f32>();
        assert_eq!(of_columns(&values, 3), [column(0), column(1), column(2)]);
        assert_eq!(of_planes(&[], 2), [0.0, 0.0]);
    }
}
