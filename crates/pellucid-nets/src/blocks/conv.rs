//! A two-dimensional convolution.

use candle_core::{DType, Tensor};
use pellucid_kernels::ops;

use super::{NetworkError, Source, input_error};

/// Cross-correlation with a square kernel, zero padding on all four sides, then a bias per channel.
#[derive(Clone, Debug)]
pub struct Conv2d {
    /// `[out, in, kernel, kernel]`.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
    /// Step between outputs, in pixels.
    pub stride: usize,
    /// Zeros added on each side, in pixels.
    pub padding: usize,
}

impl Conv2d {
    /// A 3×3 convolution that keeps the size.
    pub fn load3(source: &Source, input: usize, output: usize) -> Result<Self, NetworkError> {
        Self::load(source, input, output, 3, 1, 1)
    }

    /// A 3×3 convolution with stride 2 and one pixel of padding: `n` pixels become `ceil(n / 2)`.
    pub fn load3_stride2(
        source: &Source,
        input: usize,
        output: usize,
    ) -> Result<Self, NetworkError> {
        Self::load(source, input, output, 3, 2, 1)
    }

    /// A convolution over single pixels; its weight may also be stored as a matrix `[out, in]`.
    pub fn load1(source: &Source, input: usize, output: usize) -> Result<Self, NetworkError> {
        let weight = source.matrix("weight", output, input)?.reshape((output, input, 1, 1))?;
        let bias = source.tensor("bias", &[output])?;
        Ok(Self { weight, bias, stride: 1, padding: 0 })
    }

    /// Loads `weight` and `bias` below `source`.
    pub fn load(
        source: &Source,
        input: usize,
        output: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<Self, NetworkError> {
        let weight = source.weight("weight", &[output, input, kernel, kernel])?;
        let bias = source.tensor("bias", &[output])?;
        Ok(Self { weight, bias, stride, padding })
    }

    /// Loads `weight` and `bias` in the shape they have, with padding that keeps the size at stride 1.
    pub fn load_as_stored(source: &Source, stride: usize) -> Result<Self, NetworkError> {
        let shape = source.weights.shape("weight").unwrap_or_default().to_vec();
        match shape[..] {
            [output, input, kernel, _] => {
                Self::load(source, input, output, kernel, stride, kernel / 2)
            }
            // Says which tensor is missing, or of another rank than a convolution's.
            _ => Self::load(source, 0, 0, 0, stride, 0),
        }
    }

    /// `[b, in, h, w]` to `[b, out, h', w']`; an error if the padded picture is smaller than the kernel.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.check(x)?;
        self.add_bias(x, &self.bias)
    }

    /// [`Conv2d::forward`] plus a number for each batch item and channel, `shift` `[b, out]`.
    pub fn forward_shifted(&self, x: &Tensor, shift: &Tensor) -> Result<Tensor, NetworkError> {
        self.check(x)?;
        let wanted = (x.dim(0)?, self.weight.dim(0)?);
        if shift.dims2()? != wanted {
            return input_error(format!("a shift of shape {:?}, not {wanted:?}", shift.dims()));
        }
        self.add_bias(x, &shift.broadcast_add(&self.bias.to_dtype(shift.dtype())?)?)
    }

    fn check(&self, x: &Tensor) -> Result<(), NetworkError> {
        let (_, channels, height, width) = x.dims4()?;
        let (_, input, kernel, _) = self.weight.dims4()?;
        if channels != input {
            return input_error(format!("wanted {input} channels, got {channels}"));
        }
        if height.min(width) + 2 * self.padding < kernel {
            return input_error(format!(
                "{width}x{height} is too small for a {kernel}x{kernel} kernel"
            ));
        }
        Ok(())
    }

    /// The convolution plus `bias`, `[out]` or `[b, out]`.
    fn add_bias(&self, x: &Tensor, bias: &Tensor) -> Result<Tensor, NetworkError> {
        if ops::serves(x) && self.weight.device().is_cpu() {
            let bias = bias.to_dtype(DType::F32)?;
            return Ok(ops::conv2d(x, &self.weight, &bias, self.stride, self.padding)?);
        }
        let bias = bias.reshape(((), self.weight.dim(0)?, 1, 1))?;
        Ok(self.correlate(x)?.broadcast_add(&bias)?)
    }

    fn correlate(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let correlate = |x: &Tensor, weight: &Tensor| {
            x.contiguous()?.conv2d(weight, self.padding, self.stride, 1, 1)
        };
        // There is no bf16 convolution on the CPU.
        if x.dtype() == DType::BF16 && x.device().is_cpu() {
            let wide = correlate(&x.to_dtype(DType::F32)?, &self.weight.to_dtype(DType::F32)?)?;
            return Ok(wide.to_dtype(DType::BF16)?);
        }
        Ok(correlate(x, &self.weight)?)
    }
}
