//! Convolution.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor, bail};

use super::storage::{floats, numbers, with_floats};
use crate::conv::{Geometry, convolve, input_gradient, weight_gradient};
use crate::sums::{of_columns, of_planes};

/// `x` `[batch, input, height, width]` correlated with `weight` `[output, input, rows, columns]`, plus `bias`,
/// `[output]` or `[batch, output]`; see [`convolve`].
///
/// # Errors
///
/// If the shapes do not fit together or the padded picture is smaller than the kernel.
pub fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let op = Convolution { stride, padding };
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, op)
}

#[derive(Clone, Copy)]
struct Convolution {
    stride: usize,
    padding: usize,
}

impl Convolution {
    fn geometry(self, x: &Shape, weight: &Shape, bias: &Shape) -> Result<Geometry> {
        let (batch, input, height, width) = x.dims4()?;
        let (output, channels, kernel_height, kernel_width) = weight.dims4()?;
        let Self { stride, padding } = self;
        let geometry = Geometry {
            batch,
            input,
            output,
            height,
            width,
            kernel_height,
            kernel_width,
            stride,
            padding,
        };
        let fits = matches!(bias.dims(), [a] if *a == output)
            || matches!(bias.dims(), [a, b] if (*a, *b) == (batch, output));
        if channels != input || !fits {
            bail!("{x:?} does not fit a convolution with weight {weight:?} and bias {bias:?}");
        }
        if geometry.output_height().is_none() || geometry.output_width().is_none() {
            bail!("{width}x{height} is too small for a {kernel_width}x{kernel_height} kernel");
        }
        Ok(geometry)
    }
}

impl CustomOp3 for Convolution {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (weight_shape, bias_shape) = (weight_layout.shape(), bias_layout.shape());
        let geometry = self.geometry(x_layout.shape(), weight_shape, bias_shape)?;
        let weight = numbers(weight, weight_layout)?;
        let bias = floats(bias, bias_layout)?;
        let y = convolve(geometry, floats(x, x_layout)?, weight, bias);
        let (rows, columns) = (geometry.output_height(), geometry.output_width());
        let size = (rows.unwrap_or(0), columns.unwrap_or(0));
        let shape = Shape::from((geometry.batch, geometry.output, size.0, size.1));
        Ok((CpuStorage::F32(y), shape))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        slope: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let geometry = self.geometry(x.shape(), weight.shape(), bias.shape())?;
        // A frozen layer has no use for the gradient of its weight, nor a picture for its own.
        let of_x = x.track_op().then(|| {
            let gradient = with_floats(slope, |slope| {
                let wide = weight.to_dtype(DType::F32)?;
                with_floats(&wide, |weight| Ok(input_gradient(geometry, slope, weight)))
            });
            Tensor::from_vec(gradient?, x.shape(), x.device())
        });
        let of_weight = weight.track_op().then(|| {
            let gradient = with_floats(slope, |slope| {
                with_floats(x, |x| Ok(weight_gradient(geometry, x, slope)))
            });
            Tensor::from_vec(gradient?, weight.shape(), x.device())?.to_dtype(weight.dtype())
        });
        let of_bias = bias.track_op().then(|| {
            let sums = with_floats(slope, |slope| {
                let planes = of_planes(slope, geometry.batch * geometry.output);
                Ok(if bias.rank() == 1 { of_columns(&planes, geometry.output) } else { planes })
            });
            Tensor::from_vec(sums?, bias.shape(), bias.device())
        });
        Ok((of_x.transpose()?, of_weight.transpose()?, of_bias.transpose()?))
    }
}
