//! Dense layers.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor, bail};

use super::storage::{floats, numbers, with_floats};
use crate::linear::linear as multiply;
use crate::sums::of_columns;

/// `x Wᵀ + b` over the last axis: `x` is `[…, input]`, `weight` `[output, input]`, `bias` `[output]`.
///
/// # Errors
///
/// If the shapes do not fit together.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    match bias {
        Some(bias) => x.apply_op3(&weight, &bias.contiguous()?, Dense),
        None => x.apply_op2(&weight, Dense),
    }
}

struct Dense;

impl Dense {
    fn forward(
        (x, x_layout): (&CpuStorage, &Layout),
        (weight, weight_layout): (&CpuStorage, &Layout),
        bias: Option<(&CpuStorage, &Layout)>,
    ) -> Result<(CpuStorage, Shape)> {
        let (output, input) = weight_layout.shape().dims2()?;
        let mut shape = x_layout.dims().to_vec();
        let last = shape.last_mut().filter(|last| **last == input);
        let Some(last) = last else { bail!("wanted rows of {input} numbers, got {x_layout:?}") };
        *last = output;
        let bias = bias.map(|(bias, layout)| floats(bias, layout)).transpose()?;
        if bias.is_some_and(|bias| bias.len() != output) {
            bail!("a bias that is not {output} numbers");
        }
        let y = if input == 0 {
            bail!("a dense layer without inputs")
        } else {
            multiply(floats(x, x_layout)?, input, numbers(weight, weight_layout)?, bias, output)
        };
        Ok((CpuStorage::F32(y), Shape::from(shape)))
    }

    fn gradients(x: &Tensor, weight: &Tensor, slope: &Tensor) -> Result<[Option<Tensor>; 3]> {
        let (output, input) = weight.dims2()?;
        let rows = slope.reshape(((), output))?;
        // A frozen layer has no use for the gradient of its weight.
        let of_x =
            x.track_op().then(|| rows.matmul(&weight.to_dtype(DType::F32)?)?.reshape(x.shape()));
        let of_weight = weight
            .track_op()
            .then(|| rows.t()?.matmul(&x.reshape(((), input))?)?.to_dtype(weight.dtype()));
        let sums = with_floats(&rows, |rows| Ok(of_columns(rows, output)))?;
        let of_bias = Tensor::from_vec(sums, output, rows.device())?;
        Ok([of_x.transpose()?, of_weight.transpose()?, Some(of_bias)])
    }
}

impl CustomOp2 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Self::forward((x, x_layout), (weight, weight_layout), None)
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        slope: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [of_x, of_weight, _] = Self::gradients(x, weight, slope)?;
        Ok((of_x, of_weight))
    }
}

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
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
        Self::forward((x, x_layout), (weight, weight_layout), Some((bias, bias_layout)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        _: &Tensor,
        slope: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [of_x, of_weight, of_bias] = Self::gradients(x, weight, slope)?;
        Ok((of_x, of_weight, of_bias))
    }
}
