//! Scratch memory that starts at a cache line, so that no vector load crosses one.
//!
//! A layer needs tens of megabytes for some milliseconds. Fresh memory of that size costs about as much as the
//! layer's arithmetic, since the system clears every page, so a bounded amount is kept for the next layer.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Bytes in a cache line.
const LINE: usize = 64;
/// Numbers that are kept, at most (128 MiB).
const MOST_KEPT: usize = 1 << 25;
/// Numbers below which a buffer is not worth keeping.
const FEWEST_KEPT: usize = 1 << 14;

static KEPT: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Numbers of any value at first, aligned to a cache line.
pub(crate) struct Buffer {
    values: Vec<f32>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// Room for `len` numbers, which are left over from an earlier use.
    pub(crate) fn scratch(len: usize) -> Self {
        let needed = len + LINE / size_of::<f32>();
        let values = kept(needed).unwrap_or_else(|| vec![0.0; needed]);
        // Where alignment cannot be told, an unaligned buffer is only slower.
        let start = values.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
        Self { values, start, len }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.start..][..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..][..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = kept.iter().map(Vec::len).sum();
        if values.len() >= FEWEST_KEPT && total + values.len() <= MOST_KEPT {
            kept.push(values);
        }
    }
}

/// The smallest kept memory that has room for `len` numbers.
fn kept(len: usize) -> Option<Vec<f32>> {
    if len < FEWEST_KEPT {
        return None;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let fitting = kept.iter().enumerate().filter(|(_, values)| values.len() >= len);
    let (place, _) = fitting.min_by_key(|(_, values)| values.len())?;
    Some(kept.swap_remove(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_aligned_and_as_long_as_asked_for() {
        for len in [0, 1, 1000, 1 << 15, 100] {
            let mut buffer = Buffer::scratch(len);
            assert_eq!(buffer.len(), len);
            assert_eq!(buffer.as_ptr() as usize % LINE, 0);
            buffer.fill(f32::NAN);
        }
    }
}
