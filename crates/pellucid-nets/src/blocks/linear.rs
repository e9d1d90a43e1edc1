//! A dense layer.

use candle_core::{DType, Tensor};
use pellucid_kernels::ops;

use super::{NetworkError, Source, input_error};

/// `x Wᵀ + b` over the last axis.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// Loads `weight` and `bias` below `source`.
    pub fn load(source: &Source, input: usize, output: usize) -> Result<Self, NetworkError> {
        let bias = Some(source.tensor("bias", &[output])?);
        Ok(Self { bias, ..Self::load_without_bias(source, input, output)? })
    }

    /// Loads `weight` alone.
    pub fn load_without_bias(
        source: &Source,
        input: usize,
        output: usize,
    ) -> Result<Self, NetworkError> {
        Ok(Self { weight: source.matrix("weight", output, input)?, bias: None })
    }

    /// `x` of shape `[…, in]` to `[…, out]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let (output, input) = self.weight.dims2()?;
        let mut shape = x.dims().to_vec();
        match shape.last_mut() {
            Some(last) if *last == input => *last = output,
            _ => return input_error(format!("wanted vectors of {input} numbers, got {shape:?}")),
        }
        if ops::serves(x) && self.weight.device().is_cpu() {
            let bias = self.bias.as_ref().map(|bias| bias.to_dtype(DType::F32)).transpose()?;
            return Ok(ops::linear(x, &self.weight, bias.as_ref())?);
        }
        // One matrix product over all rows, instead of one per batch item.
        let rows = x.reshape(((), input))?;
        let y = rows.matmul(&self.weight.t()?)?;
        let y = match &self.bias {
            Some(bias) => y.broadcast_add(bias)?,
            None => y,
        };
        Ok(y.reshape(shape)?)
    }
}
