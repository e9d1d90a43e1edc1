//! Activations.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::storage::{floats, with_floats};
use crate::activation::{Function, apply, apply_slope, geglu as gate, geglu_slope};

/// `x · sigmoid(x)`.
///
/// # Errors
///
/// If `x` is not f32 in the CPU's memory.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Activation(Function::Silu))
}

/// `x Φ(x)`, with the error function.
///
/// # Errors
///
/// If `x` is not f32 in the CPU's memory.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Activation(Function::Gelu))
}

/// `a · gelu(b)`, `[a, b]` the halves of the last axis.
///
/// # Errors
///
/// If the last axis has no halves or `x` is not f32 in the CPU's memory.
pub fn geglu(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Gate)
}

struct Activation(Function);

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = floats(x, layout)?;
        let mut y = vec![0.0; x.len()];
        apply(self.0, x, &mut y);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, slope: &Tensor) -> Result<Option<Tensor>> {
        let gradient = with_floats(slope, |slope| {
            let mut gradient = slope.to_vec();
            with_floats(x, |x| {
                apply_slope(self.0, x, &mut gradient);
                Ok(())
            })?;
            Ok(gradient)
        })?;
        Ok(Some(Tensor::from_vec(gradient, x.shape(), x.device())?))
    }
}

struct Gate;

impl CustomOp1 for Gate {
    fn name(&self) -> &'static str {
        "geglu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = floats(x, layout)?;
        let mut shape = layout.dims().to_vec();
        let last = shape.last_mut().filter(|last| last.is_multiple_of(2) && **last > 0);
        let Some(last) = last else { bail!("no halves: {:?}", layout.shape()) };
        *last /= 2;
        let width = *last;
        let mut y = vec![0.0; x.len() / 2];
        gate(x, width, &mut y);
        Ok((CpuStorage::F32(y), Shape::from(shape)))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, slope: &Tensor) -> Result<Option<Tensor>> {
        let width = slope.dims().last().copied().unwrap_or(1);
        let gradient = with_floats(slope, |slope| {
            with_floats(x, |x| {
                let mut gradient = vec![0.0; x.len()];
                geglu_slope(x, width, slope, &mut gradient);
                Ok(gradient)
            })
        })?;
        Ok(Some(Tensor::from_vec(gradient, x.shape(), x.device())?))
    }
}
