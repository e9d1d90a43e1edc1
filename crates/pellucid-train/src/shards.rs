//! Steps in parts: each part of a batch goes through the networks on a thread of its own.
//!
//! Small networks leave most of a machine waiting when each operation is spread over all cores. The parts are
//! the same on every machine and their gradients are added in order, so the bits do not depend on how many
//! cores there are.

use std::ops::Range;

use candle_core::Var;
use candle_core::backprop::GradStore;
use rayon::prelude::*;

use crate::error::TrainError;

/// Gradients of the parts of a batch.
pub struct Gradients {
    /// Each with the share of the batch that its part is.
    pub parts: Vec<(f32, GradStore)>,
}

impl Gradients {
    /// The gradient of a parameter over the whole batch; `None` if it has none.
    pub fn of(&self, var: &Var) -> Result<Option<Vec<f32>>, TrainError> {
        let mut total: Option<Vec<f32>> = None;
        for (share, grads) in &self.parts {
            let Some(grad) = grads.get(var) else { continue };
            let grad = crate::adam::numbers(grad)?;
            match &mut total {
                None => total = Some(grad.into_iter().map(|g| g * share).collect()),
                Some(total) => total.iter_mut().zip(grad).for_each(|(t, g)| *t += g * share),
            }
        }
        Ok(total)
    }
}

/// The parts of `rows` rows, at most `count` of them, each a multiple of `unit` rows but perhaps the last.
pub fn parts(rows: usize, unit: usize, count: usize) -> Vec<Range<usize>> {
    let unit = unit.max(1);
    let step = rows.div_ceil(unit).div_ceil(count.max(1)).max(1) * unit;
    (0..rows).step_by(step).map(|start| start..rows.min(start + step)).collect()
}

/// Calls `work` for every part, side by side; gives the results in order, each with its share of the rows.
pub fn each<T: Send>(
    parts: &[Range<usize>],
    work: impl Fn(Range<usize>) -> Result<T, TrainError> + Sync,
) -> Result<Vec<(f32, T)>, TrainError> {
    let rows: usize = parts.iter().map(ExactSizeIterator::len).sum();
    let share = |part: &Range<usize>| part.len() as f32 / rows.max(1) as f32;
    let parts = parts.par_iter().with_max_len(1);
    parts.map(|part| Ok((share(part), work(part.clone())?))).collect()
}

/// The mean of numbers of the parts, weighted by their shares.
pub fn mean<const N: usize>(parts: impl IntoIterator<Item = (f32, [f32; N])>) -> [f32; N] {
    let mut sums = [0.0; N];
    for (share, numbers) in parts {
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += share * number);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_rows_in_order() {
        assert_eq!(parts(16, 1, 2), [0..8, 8..16]);
        assert_eq!(parts(5, 1, 2), [0..3, 3..5]);
        assert_eq!(parts(9, 3, 2), [0..6, 6..9]);
        for count in 1..6 {
            let found = each(&parts(7, 1, count), Ok).unwrap();
            assert_eq!(
                found.iter().flat_map(|(_, part)| part.clone()).collect::<Vec<_>>(),
                [0, 1, 2, 3, 4, 5, 6]
            );
            assert!((found.iter().map(|(share, _)| share).sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn an_error_in_any_part_is_given() {
        let fails = |part: Range<usize>| match part.start {
            0 => Ok(()),
            _ => Err(TrainError::Stopped),
        };
        assert!(each(&parts(4, 1, 2), fails).is_err());
    }
}
