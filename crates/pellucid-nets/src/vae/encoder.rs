//! From a picture to the moments of a latent.

use candle_core::Tensor;

use super::blocks::{Middle, VaeDownsample, VaeResidualBlock, load_norm};
use crate::blocks::{Conv2d, GroupNorm, NetworkError, Source};
use crate::checkpoint::VaeConfig;

pub(super) struct Encoder {
    conv_in: Conv2d,
    levels: Vec<Level>,
    middle: Middle,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

struct Level {
    residuals: Vec<VaeResidualBlock>,
    downsample: Option<VaeDownsample>,
}

impl Encoder {
    pub(super) fn load(source: &Source, config: &VaeConfig) -> Result<Self, NetworkError> {
        let widths = config.widths();
        let coarsest = widths.last().copied().unwrap_or(config.base_width);
        let mut levels = Vec::with_capacity(widths.len());
        let mut input = config.base_width;
        for (level, &width) in widths.iter().enumerate() {
            let source = source.under(format!("down.{level}"));

            let mut residuals = Vec::with_capacity(config.residual_blocks);
            for index in 0..config.residual_blocks {
                let source = source.under(format!("block.{index}"));
                residuals.push(VaeResidualBlock::load(&source, input, width)?);
                input = width;
            }
            let downsample = (level + 1 < widths.len())
                .then(|| VaeDownsample::load(&source.under("downsample"), width))
                .transpose()?;
            levels.push(Level { residuals, downsample });
        }
        let moments = 2 * config.latent_channels;
        Ok(Self {
            conv_in: Conv2d::load3(&source.under("conv_in"), config.channels, config.base_width)?,
            levels,
            middle: Middle::load(&source.under("mid"), coarsest)?,
            norm_out: load_norm(&source.under("norm_out"), coarsest)?,
            conv_out: Conv2d::load3(&source.under("conv_out"), coarsest, moments)?,
        })
    }

    pub(super) fn forward(&self, picture: &Tensor) -> Result<Tensor, NetworkError> {
        let mut h = self.conv_in.forward(picture)?;
        for level in &self.levels {
            for residual in &level.residuals {
                h = residual.forward(&h)?;
            }
            if let Some(downsample) = &level.downsample {
                h = downsample.forward(&h)?;
            }
        }
        let h = self.middle.forward(&h)?;
        self.conv_out.forward(&self.norm_out.forward_silu(&h)?)
    }
}
