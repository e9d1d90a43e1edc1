//! A tensor of a patch file that is read when it is needed.

use std::collections::BTreeMap;
use std::fmt;

use candle_core::Tensor;

use crate::weights::{Problem, Weights};

/// A tensor of a patch file, not read yet.
#[derive(Clone)]
pub struct Operand {
    weights: Weights,
    key: String,
    shape: Vec<usize>,
}

impl Operand {
    /// The tensor of that key; `None` if there is none.
    pub fn new(weights: &Weights, key: &str) -> Option<Self> {
        let shape = weights.shape(key)?.to_vec();
        Some(Self { weights: weights.clone(), key: key.to_owned(), shape })
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers, in f32 on the CPU.
    pub fn read(&self) -> Result<Tensor, Problem> {
        self.weights.plain(&self.key).map_err(|error| Problem::Operand(Box::new(error)))
    }
}

impl From<Tensor> for Operand {
    fn from(tensor: Tensor) -> Self {
        let (key, shape) = ("tensor".to_owned(), tensor.dims().to_vec());
        let weights = Weights::from_tensors(BTreeMap::from([(key.clone(), tensor)]));
        Self { weights, key, shape }
    }
}

impl fmt::Debug for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {:?}", self.key, self.shape)
    }
}
