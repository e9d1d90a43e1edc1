//! From a latent to a picture.

use candle_core::Tensor;

use super::blocks::{Middle, VaeResidualBlock, VaeUpsample, load_norm};
use crate::blocks::{Conv2d, GroupNorm, NetworkError, Source};
use crate::checkpoint::VaeConfig;

pub(super) struct Decoder {
    conv_in: Conv2d,
    middle: Middle,
    /// Coarsest first.
    levels: Vec<Level>,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

struct Level {
    residuals: Vec<VaeResidualBlock>,
    upsample: Option<VaeUpsample>,
}

impl Decoder {
    pub(super) fn load(source: &Source, config: &VaeConfig) -> Result<Self, NetworkError> {
        let widths = config.widths();
        let coarsest = widths.last().copied().unwrap_or(config.base_width);
        let mut levels = Vec::with_capacity(widths.len());
        let mut input = coarsest;
        for (level, &width) in widths.iter().enumerate().rev() {
            let source = source.under(format!("up.{level}"));

            let mut residuals = Vec::with_capacity(config.residual_blocks + 1);
            for index in 0..=config.residual_blocks {
                let source = source.under(format!("block.{index}"));
                residuals.push(VaeResidualBlock::load(&source, input, width)?);
                input = width;
            }
            let upsample = (level > 0)
                .then(|| VaeUpsample::load(&source.under("upsample"), width))
                .transpose()?;
            levels.push(Level { residuals, upsample });
        }
        Ok(Self {
            conv_in: Conv2d::load3(&source.under("conv_in"), config.latent_channels, coarsest)?,
            middle: Middle::load(&source.under("mid"), coarsest)?,
            levels,
            norm_out: load_norm(&source.under("norm_out"), config.base_width)?,
            conv_out: Conv2d::load3(&source.under("conv_out"), config.base_width, config.channels)?,
        })
    }

    pub(super) fn forward(&self, latent: &Tensor) -> Result<Tensor, NetworkError> {
        let mut h = self.middle.forward(&self.conv_in.forward(latent)?)?;
        for level in &self.levels {
            for residual in &level.residuals {
                h = residual.forward(&h)?;
            }
            if let Some(upsample) = &level.upsample {
                h = upsample.forward(&h)?;
            }
        }
        self.conv_out.forward(&self.norm_out.forward_silu(&h)?)
    }
}
