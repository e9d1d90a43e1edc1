//! The blocks of an autoencoder: as in a UNet, but without time and with another epsilon.

use candle_core::Tensor;

use crate::blocks::{
    Conv2d, GroupNorm, Linear, NetworkError, Source, add, attend, pad_right_and_bottom,
    resize_nearest, to_map, to_tokens,
};

/// Groups of every group norm in an autoencoder.
const NORM_GROUPS: usize = 32;
/// Added to the variance in every group norm of an autoencoder.
const NORM_EPS: f64 = 1e-6;

pub(super) fn load_norm(source: &Source, width: usize) -> Result<GroupNorm, NetworkError> {
    GroupNorm::load(source, width, NORM_GROUPS, NORM_EPS)
}

/// `skip(x) + conv(silu(norm(conv(silu(norm(x))))))`.
#[derive(Clone, Debug)]
pub struct VaeResidualBlock {
    norm1: GroupNorm,
    conv1: Conv2d,
    norm2: GroupNorm,
    conv2: Conv2d,
    skip: Option<Conv2d>,
}

impl VaeResidualBlock {
    /// Loads `norm1`, `conv1`, `norm2`, `conv2` and, where the widths differ, `nin_shortcut`.
    pub fn load(source: &Source, input: usize, output: usize) -> Result<Self, NetworkError> {
        let skip = (input != output)
            .then(|| Conv2d::load1(&source.under("nin_shortcut"), input, output))
            .transpose()?;
        Ok(Self {
            norm1: load_norm(&source.under("norm1"), input)?,
            conv1: Conv2d::load3(&source.under("conv1"), input, output)?,
            norm2: load_norm(&source.under("norm2"), output)?,
            conv2: Conv2d::load3(&source.under("conv2"), output, output)?,
            skip,
        })
    }

    /// `[b, in, h, w]` to `[b, out, h, w]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let h = self.conv1.forward(&self.norm1.forward_silu(x)?)?;
        let h = self.conv2.forward(&self.norm2.forward_silu(&h)?)?;
        match &self.skip {
            Some(skip) => add(&skip.forward(x)?, &h),
            None => add(x, &h),
        }
    }
}

/// Self-attention over all pixels with a single head, added to the input.
#[derive(Clone, Debug)]
pub struct VaeAttention {
    norm: GroupNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

impl VaeAttention {
    /// Loads `norm`, `q`, `k`, `v` and `proj_out`, 1×1 convolutions or dense layers.
    pub fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        let dense = |key| Linear::load(&source.under(key), width, width);
        Ok(Self {
            norm: load_norm(&source.under("norm"), width)?,
            query: dense("q")?,
            key: dense("k")?,
            value: dense("v")?,
            out: dense("proj_out")?,
        })
    }

    /// `[b, c, h, w]` to the same shape.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let (_, _, height, width) = x.dims4()?;
        let tokens = to_tokens(&self.norm.forward(x)?)?;
        let (query, key) = (self.query.forward(&tokens)?, self.key.forward(&tokens)?);
        let mixed = attend(&query, &key, &self.value.forward(&tokens)?, 1)?;
        add(x, &to_map(&self.out.forward(&mixed)?, height, width)?)
    }
}

/// A 3×3 convolution with stride 2 over the picture with one row and one column of zeros at its end.
#[derive(Clone, Debug)]
pub struct VaeDownsample {
    conv: Conv2d,
}

impl VaeDownsample {
    /// Loads `conv`.
    pub fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        Ok(Self { conv: Conv2d::load(&source.under("conv"), width, width, 3, 2, 0)? })
    }

    /// `[b, c, h, w]` to `[b, c, h div 2, w div 2]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.conv.forward(&pad_right_and_bottom(x)?)
    }
}

/// Every pixel doubled along both axes, then a 3×3 convolution.
#[derive(Clone, Debug)]
pub struct VaeUpsample {
    conv: Conv2d,
}

impl VaeUpsample {
    /// Loads `conv`.
    pub fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        Ok(Self { conv: Conv2d::load3(&source.under("conv"), width, width)? })
    }

    /// `[b, c, h, w]` to `[b, c, 2h, 2w]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let (_, _, height, width) = x.dims4()?;
        self.conv.forward(&resize_nearest(x, 2 * height, 2 * width)?)
    }
}

/// Residual block, attention, residual block at the coarsest level.
#[derive(Clone, Debug)]
pub(super) struct Middle {
    before: VaeResidualBlock,
    attention: VaeAttention,
    after: VaeResidualBlock,
}

impl Middle {
    pub(super) fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        Ok(Self {
            before: VaeResidualBlock::load(&source.under("block_1"), width, width)?,
            attention: VaeAttention::load(&source.under("attn_1"), width)?,
            after: VaeResidualBlock::load(&source.under("block_2"), width, width)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.after.forward(&self.attention.forward(&self.before.forward(x)?)?)
    }
}
