//! Normalisation.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::storage::{floats, with_floats};
use crate::activation::Function;
use crate::norm::{self, Affine};

/// Normalises `groups` groups of channels of `x` `[batch, channels, …]` over everything that follows, scales
/// and shifts each channel, then applies `function`.
///
/// # Errors
///
/// If the shapes do not fit together or `groups` does not divide the channels.
pub fn group_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    groups: usize,
    eps: f64,
    function: Function,
) -> Result<Tensor> {
    let op = Norm { kind: Kind::Group { groups, function }, eps };
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, op)
}

/// Normalises the last axis of `x`, then scales and shifts its elements.
///
/// # Errors
///
/// If the shapes do not fit together.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let op = Norm { kind: Kind::Layer, eps };
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, op)
}

#[derive(Clone, Copy)]
enum Kind {
    Group { groups: usize, function: Function },
    Layer,
}

#[derive(Clone, Copy)]
struct Norm {
    kind: Kind,
    eps: f64,
}

impl Norm {
    /// Numbers in a channel of one batch item, after checking that everything fits.
    fn pixels(self, x: &Shape, weight: &Shape, bias: &Shape) -> Result<usize> {
        let wanted = match self.kind {
            Kind::Group { .. } => x.dims().get(1).copied(),
            Kind::Layer => x.dims().last().copied(),
        };
        let divides = match self.kind {
            Kind::Group { groups, .. } => groups > 0 && weight.elem_count().is_multiple_of(groups),
            Kind::Layer => true,
        };
        let fits = wanted == Some(weight.dims1()?) && wanted == Some(bias.dims1()?);
        if !fits || !divides {
            bail!("{x:?} does not fit a norm with weight {weight:?} and bias {bias:?}");
        }
        Ok(x.dims().iter().skip(2).product())
    }
}

impl CustomOp3 for Norm {
    fn name(&self) -> &'static str {
        "norm"
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
        let shape = x_layout.shape();
        let pixels = self.pixels(shape, weight_layout.shape(), bias_layout.shape())?;
        let (weight, bias) = (floats(weight, weight_layout)?, floats(bias, bias_layout)?);
        let affine = Affine { weight, bias, eps: self.eps };
        let x = floats(x, x_layout)?;
        let mut y = vec![0.0; x.len()];
        match self.kind {
            Kind::Group { groups, function } => {
                norm::group_norm(x, affine, groups, pixels, function, &mut y);
            }
            Kind::Layer => norm::layer_norm(x, affine, &mut y),
        }
        Ok((CpuStorage::F32(y), shape.clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        slope: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let pixels = self.pixels(x.shape(), weight.shape(), bias.shape())?;
        let gradient = with_floats(slope, |slope| {
            with_floats(x, |x| {
                with_floats(weight, |weight| {
                    with_floats(bias, |bias| {
                        let affine = Affine { weight, bias, eps: self.eps };
                        Ok(match self.kind {
                            Kind::Group { groups, function } => {
                                let sizes = (groups, pixels);
                                norm::group_norm_gradient(x, affine, sizes, function, slope)
                            }
                            Kind::Layer => norm::layer_norm_gradient(x, affine, slope),
                        })
                    })
                })
            })
        })?;
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(gradient.source, x.shape(), device)?),
            Some(Tensor::from_vec(gradient.weight, weight.shape(), device)?),
            Some(Tensor::from_vec(gradient.bias, bias.shape(), device)?),
        ))
    }
}
