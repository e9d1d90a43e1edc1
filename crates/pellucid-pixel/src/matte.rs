//! One channel of coverage.

use std::sync::Arc;

use rayon::prelude::*;

/// What is known of a matte before its values exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatteFact {
    /// Values in a row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// Independent mattes of the same size, at least 1.
    pub batch: u32,
}

impl MatteFact {
    /// One matte.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height, batch: 1 }
    }

    /// Values in one frame.
    pub const fn frame_len(&self) -> usize {
        (self.width as usize).saturating_mul(self.height as usize)
    }

    /// Values in all frames.
    pub const fn len(&self) -> usize {
        self.frame_len().saturating_mul(self.batch as usize)
    }

    /// True only for a fact that breaks the rule that sizes are at least 1.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the values in memory.
    pub const fn bytes(&self) -> u64 {
        (self.len() as u64).saturating_mul(size_of::<f32>() as u64)
    }

    /// Width and height.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// A batch of coverage maps, 0 clear to 1 solid: immutable, cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Matte {
    /// Size and batch.
    pub fact: MatteFact,
    /// All values, row-major; their number is `fact.len()`.
    pub values: Arc<Vec<f32>>,
}

impl Matte {
    /// Takes values whose number must be `fact.len()`.
    ///
    /// # Panics
    /// When the number differs: a bug of the caller.
    pub fn new(fact: MatteFact, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), fact.len(), "values do not fit {fact:?}");
        Self { fact, values: Arc::new(values) }
    }

    /// The values of frame `index`, which must be below `fact.batch`.
    pub fn frame(&self, index: u32) -> &[f32] {
        let len = self.fact.frame_len();
        &self.values[index as usize * len..][..len]
    }

    /// The frames in order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.fact.frame_len())
    }

    /// Maps every value, in parallel.
    pub fn map(&self, f: impl Fn(f32) -> f32 + Sync) -> Self {
        let values = self.values.par_iter().with_min_len(16384).map(|v| f(*v)).collect();
        Self::new(self.fact, values)
    }
}
