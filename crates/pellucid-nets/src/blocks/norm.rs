//! Group and layer normalisation, computed in f32 whatever the type of the input.

use candle_core::{D, DType, Tensor};
use pellucid_kernels::activation::Function;
use pellucid_kernels::ops;

use super::{NetworkError, Source, input_error, silu};

/// Normalises groups of channels over all their pixels, then scales and shifts each channel.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    /// Factor per channel, f32.
    pub weight: Tensor,
    /// Offset per channel, f32.
    pub bias: Tensor,
    /// Number of groups.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
}

impl GroupNorm {
    /// Loads `weight` and `bias` below `source`; `groups` must divide `channels`.
    pub fn load(
        source: &Source,
        channels: usize,
        groups: usize,
        eps: f64,
    ) -> Result<Self, NetworkError> {
        if groups == 0 || !channels.is_multiple_of(groups) {
            return input_error(format!("{channels} channels do not form {groups} groups"));
        }
        let (weight, bias) = scale_and_shift(source, channels)?;
        Ok(Self { weight, bias, groups, eps })
    }

    /// `[b, c, h, w]` to the same shape and type.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.run(x, Function::Identity)
    }

    /// [`GroupNorm::forward`], then [`silu`], in one pass.
    pub fn forward_silu(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        if ops::serves(x) {
            return self.run(x, Function::Silu);
        }
        silu(&self.forward(x)?)
    }

    fn run(&self, x: &Tensor, function: Function) -> Result<Tensor, NetworkError> {
        let (batch, channels, height, width) = x.dims4()?;
        if channels != self.weight.elem_count() {
            let wanted = self.weight.elem_count();
            return input_error(format!("wanted {wanted} channels, got {channels}"));
        }
        if ops::serves(x) {
            let Self { weight, bias, groups, eps } = self;
            return Ok(ops::group_norm(x, weight, bias, *groups, *eps, function)?);
        }
        let per_group = channels / self.groups;
        let grouped = x.to_dtype(DType::F32)?;
        let grouped = grouped.reshape((batch, self.groups, per_group, height * width))?;
        let centred = grouped.broadcast_sub(&group_mean(&grouped)?)?;
        let deviation = (group_mean(&centred.sqr()?)? + self.eps)?.sqrt()?;
        let normed =
            centred.broadcast_div(&deviation)?.reshape((batch, channels, height, width))?;
        let weight = self.weight.reshape((1, channels, 1, 1))?;
        let bias = self.bias.reshape((1, channels, 1, 1))?;
        let y = normed.broadcast_mul(&weight)?.broadcast_add(&bias)?;
        Ok(y.to_dtype(x.dtype())?)
    }
}

/// Normalises over the last axis, then scales and shifts.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Factor per element of the last axis, f32.
    pub weight: Tensor,
    /// Offset per element of the last axis, f32.
    pub bias: Tensor,
    /// Added to the variance.
    pub eps: f64,
}

impl LayerNorm {
    /// Loads `weight` and `bias` below `source`.
    pub fn load(source: &Source, width: usize, eps: f64) -> Result<Self, NetworkError> {
        let (weight, bias) = scale_and_shift(source, width)?;
        Ok(Self { weight, bias, eps })
    }

    /// `[…, width]` to the same shape and type.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        if ops::serves(x) {
            return Ok(ops::layer_norm(x, &self.weight, &self.bias, self.eps)?);
        }
        let wide = x.to_dtype(DType::F32)?;
        let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.sqrt()?;
        let normed = centred.broadcast_div(&deviation)?;
        let y = normed.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)?;
        Ok(y.to_dtype(x.dtype())?)
    }
}

fn scale_and_shift(source: &Source, width: usize) -> Result<(Tensor, Tensor), NetworkError> {
    let wide = source.with_dtype(DType::F32);
    Ok((wide.tensor("weight", &[width])?, wide.tensor("bias", &[width])?))
}

/// The mean over the last two axes, one after the other: a mean of means loses fewer digits than one
/// long f32 sum.
fn group_mean(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(x.mean_keepdim(3)?.mean_keepdim(2)?)
}
