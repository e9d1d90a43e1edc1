//! Activations, in the exact form the checkpoints were trained with.

use candle_core::Tensor;
use pellucid_kernels::ops;

use super::{NetworkError, input_error};

/// `x · Φ(x)` with the error function, not its tanh approximation.
pub fn gelu(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(if ops::serves(x) { ops::gelu(x)? } else { x.gelu_erf()? })
}

/// `x · sigmoid(x)`, also called swish.
pub fn silu(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(if ops::serves(x) { ops::silu(x)? } else { candle_nn::ops::silu(x)? })
}

/// `x · sigmoid(1.702 x)`, an approximation of [`gelu`] that CLIP-L was trained with.
pub fn quick_gelu(x: &Tensor) -> Result<Tensor, NetworkError> {
    const FACTOR: f64 = 1.702;
    Ok((silu(&(x * FACTOR)?)? * (1.0 / FACTOR))?)
}

/// `a · gelu(b)`, `[a, b]` the halves of the last axis.
pub fn geglu(x: &Tensor) -> Result<Tensor, NetworkError> {
    let width = x.dims().last().copied().unwrap_or(0);
    if width == 0 || !width.is_multiple_of(2) {
        return input_error(format!("rows of {width} numbers have no halves"));
    }
    if ops::serves(x) {
        return Ok(ops::geglu(x)?);
    }
    let axis = x.rank() - 1;
    let a = x.narrow(axis, 0, width / 2)?;
    let b = x.narrow(axis, width / 2, width / 2)?.contiguous()?;
    Ok((a * gelu(&b)?)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn gelu_is_the_error_function_and_not_its_approximation() {
        // x Φ(x) to nine digits; the tanh approximation is off by 2e-5, 2e-4 and 4e-4 here.
        let x = [0.5f32, -1.0, -2.5];
        let wanted = [0.345_731_23f32, -0.158_655_25, -0.015_524_164];
        let got = gelu(&Tensor::new(&x, &Device::Cpu).unwrap()).unwrap();
        for (got, wanted) in got.to_vec1::<f32>().unwrap().into_iter().zip(wanted) {
            // A few roundings of f32.
            assert!((got - wanted).abs() < 3e-7, "{got} is not {wanted}");
        }
    }
}
