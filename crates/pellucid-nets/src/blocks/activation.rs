//! Activations, in the exact form the checkpoints were trained with.

use candle_core::Tensor;

use super::NetworkError;

/// `x · Φ(x)` with the error function, not its tanh approximation.
pub fn gelu(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(x.gelu_erf()?)
}

/// `x · sigmoid(x)`, also called swish.
pub fn silu(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(candle_nn::ops::silu(x)?)
}
