//! Residual blocks and changes of resolution.

use candle_core::Tensor;

use crate::blocks::{Conv2d, GroupNorm, Linear, NetworkError, Source, add, resize_nearest, silu};

/// Groups of every group norm in a UNet.
pub(super) const NORM_GROUPS: usize = 32;
/// Added to the variance in residual blocks and before the last convolution.
pub(super) const NORM_EPS: f64 = 1e-5;

/// `skip(x) + conv(silu(norm(conv(silu(norm(x))) + linear(silu(embedding)))))`.
#[derive(Clone, Debug)]
pub struct ResidualBlock {
    norm_in: GroupNorm,
    conv_in: Conv2d,
    embedding: Linear,
    norm_out: GroupNorm,
    conv_out: Conv2d,
    skip: Option<Conv2d>,
}

impl ResidualBlock {
    /// Loads `in_layers`, `emb_layers`, `out_layers` and, where the widths differ, `skip_connection`.
    pub fn load(
        source: &Source,
        input: usize,
        output: usize,
        time_width: usize,
    ) -> Result<Self, NetworkError> {
        let norm = |key, width| GroupNorm::load(&source.under(key), width, NORM_GROUPS, NORM_EPS);
        let skip = (input != output)
            .then(|| Conv2d::load1(&source.under("skip_connection"), input, output));
        Ok(Self {
            norm_in: norm("in_layers.0", input)?,
            conv_in: Conv2d::load3(&source.under("in_layers.2"), input, output)?,
            embedding: Linear::load(&source.under("emb_layers.1"), time_width, output)?,
            norm_out: norm("out_layers.0", output)?,
            conv_out: Conv2d::load3(&source.under("out_layers.3"), output, output)?,
            skip: skip.transpose()?,
        })
    }

    /// `x` is `[b, in, h, w]`, `embedding` `[b, time width]`; gives `[b, out, h, w]`.
    pub fn forward(&self, x: &Tensor, embedding: &Tensor) -> Result<Tensor, NetworkError> {
        let shift = self.embedding.forward(&silu(embedding)?)?;
        let h = self.conv_in.forward_shifted(&self.norm_in.forward_silu(x)?, &shift)?;
        let h = self.conv_out.forward(&self.norm_out.forward_silu(&h)?)?;
        match &self.skip {
            Some(skip) => add(&skip.forward(x)?, &h),
            None => add(x, &h),
        }
    }
}

/// A 3×3 convolution with stride 2, one pixel of zeros on every side: odd sizes round up.
#[derive(Clone, Debug)]
pub struct Downsample {
    conv: Conv2d,
}

impl Downsample {
    /// Loads `op`.
    pub fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        Ok(Self { conv: Conv2d::load3_stride2(&source.under("op"), width, width)? })
    }

    /// `[b, c, h, w]` to `[b, c, ceil(h / 2), ceil(w / 2)]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.conv.forward(x)
    }
}

/// Nearest-neighbour enlargement, then a 3×3 convolution.
#[derive(Clone, Debug)]
pub struct Upsample {
    conv: Conv2d,
}

impl Upsample {
    /// Loads `conv`.
    pub fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        Ok(Self { conv: Conv2d::load3(&source.under("conv"), width, width)? })
    }

    /// `[b, c, h, w]` to `[b, c, height, width]`, for a UNet the size of the next skip tensor.
    pub fn forward(&self, x: &Tensor, height: usize, width: usize) -> Result<Tensor, NetworkError> {
        self.conv.forward(&resize_nearest(x, height, width)?)
    }
}
