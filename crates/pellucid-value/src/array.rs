//! Plain numbers in a shape, for what is neither picture nor matte.

use std::fmt;
use std::sync::Arc;

/// Numbers in a shape, last axis fastest. Cheap to clone.
#[derive(Clone, PartialEq)]
pub struct Array {
    /// The length of every axis.
    pub shape: Arc<[usize]>,
    /// As many numbers as the lengths multiply to.
    pub data: Arc<[f32]>,
}

impl Array {
    /// Numbers in a shape.
    ///
    /// # Panics
    /// When their count is not that of the shape.
    pub fn new(shape: &[usize], data: Vec<f32>) -> Self {
        assert_eq!(data.len(), shape.iter().product::<usize>(), "an array is as long as its shape");
        Self { shape: shape.into(), data: data.into() }
    }

    /// Zeros in a shape.
    pub fn zeros(shape: &[usize]) -> Self {
        Self::new(shape, vec![0.0; shape.iter().product()])
    }

    /// Bytes the numbers take.
    pub fn bytes(&self) -> u64 {
        self.data.len() as u64 * 4
    }

    /// An identity of the buffer, the same for clones.
    pub fn identity(&self) -> usize {
        self.data.as_ptr() as usize
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array{:?}@{:x}", self.shape, self.identity())
    }
}
