//! Weights together with the element type and the place a network wants them in.

use candle_core::{DType, Device, Tensor};

use super::NetworkError;
use crate::weights::Weights;

/// Where a network's tensors come from, and as what they are loaded.
#[derive(Clone)]
pub struct Source {
    /// The tensors, seen from the part of the network that is being loaded.
    pub weights: Weights,
    /// The type the weights are held in.
    pub dtype: DType,
    /// Where the network computes.
    pub device: Device,
}

impl Source {
    /// A source of tensors of type `dtype` on `device`.
    pub fn new(weights: &Weights, dtype: DType, device: &Device) -> Self {
        Self { weights: weights.clone(), dtype, device: device.clone() }
    }

    /// The part of the network below `prefix`.
    pub fn under(&self, prefix: impl AsRef<str>) -> Self {
        Self { weights: self.weights.under(prefix.as_ref()), ..self.clone() }
    }

    /// The same tensors in another type.
    pub fn with_dtype(&self, dtype: DType) -> Self {
        Self { dtype, ..self.clone() }
    }

    /// The type of everything but the weights: on the CPU short weights are widened as they are used, so
    /// nothing else is rounded to their type; elsewhere one type is used throughout.
    pub fn activations(&self) -> DType {
        if self.device.is_cpu() { DType::F32 } else { self.dtype }
    }

    /// The tensor named `key`, which must have this shape.
    pub fn tensor(&self, key: &str, shape: &[usize]) -> Result<Tensor, NetworkError> {
        Ok(self.weights.tensor(key, shape, self.dtype, &self.device)?)
    }

    /// A weight of a convolution or a dense layer. On the CPU, numbers that a file has in half precision stay
    /// so where f32 is asked for: they are widened while they are used, which is exact.
    pub fn weight(&self, key: &str, shape: &[usize]) -> Result<Tensor, NetworkError> {
        let short = self.weights.short(key);
        match short.filter(|_| self.device.is_cpu() && self.dtype == DType::F32) {
            Some(short) => Ok(self.weights.tensor(key, shape, short, &self.device)?),
            None => self.tensor(key, shape),
        }
    }

    /// The weight `[rows, columns]` named `key`, which may be stored as a 1×1 convolution.
    pub fn matrix(&self, key: &str, rows: usize, columns: usize) -> Result<Tensor, NetworkError> {
        self.weight(key, &[rows, columns])
    }
}
