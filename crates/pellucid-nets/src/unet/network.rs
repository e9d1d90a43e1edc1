//! The whole UNet.

use candle_core::{DType, Device, Tensor};

use super::encoder::{Encoder, EncoderInput};
use super::hook::{Block, Hooks, Role};
use super::residual::{NORM_EPS, NORM_GROUPS, ResidualBlock, Upsample};
use super::transformer::{SpatialTransformer, Surroundings};
use crate::blocks::{Conv2d, GroupNorm, NetworkError, Source, input_error};
use crate::checkpoint::UnetConfig;
use crate::weights::Weights;

/// A network that predicts what is noise in a noisy latent.
pub struct Unet {
    /// Its shape.
    pub config: UnetConfig,
    encoder: Encoder,
    output_blocks: Vec<OutputBlock>,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// What a UNet is asked.
#[derive(Clone, Copy)]
pub struct UnetInput<'a> {
    /// The noisy latent, already divided by `√(σ² + 1)`, with concatenated channels after it: `[b, c, h, w]`.
    pub x: &'a Tensor,
    /// The timestep of each row, 0 to 999, fractions allowed.
    pub timesteps: &'a [f32],
    /// The encoded text, `[b, tokens, width]`.
    pub context: &'a Tensor,
    /// SDXL's pooled text and sizes, `[b, n]`.
    pub label: Option<&'a Tensor>,
    /// What ControlNets add; all of them are summed.
    pub control: &'a [ControlResiduals],
    /// Hooks that take part in every attention, outermost first.
    pub hooks: &'a Hooks,
    /// The conditioning of each row, for the hooks; empty if no hook asks.
    pub roles: &'a [Role],
}

/// What a ControlNet adds to the UNet it was made for.
#[derive(Clone, Debug)]
pub struct ControlResiduals {
    /// Added to the skip tensors, in the order of the input blocks.
    pub skips: Vec<Tensor>,
    /// Added to the middle's output.
    pub middle: Tensor,
}

struct OutputBlock {
    residual: ResidualBlock,
    transformer: Option<SpatialTransformer>,
    upsample: Option<Upsample>,
}

impl Unet {
    /// Loads a UNet whose keys start at `input_blocks`, `time_embed`, …; its weights are
    /// held in `dtype`.
    pub fn load(
        weights: &Weights,
        config: &UnetConfig,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let source = &Source::new(weights, dtype, device);
        let Some(out_channels) = config.out_channels else {
            return input_error("this is no UNet: it has no output (a ControlNet?)");
        };
        let norm = source.under("out.0");
        Ok(Self {
            config: config.clone(),
            encoder: Encoder::load(source, config)?,
            output_blocks: load_output_blocks(source, config)?,
            norm_out: GroupNorm::load(&norm, config.base_width, NORM_GROUPS, NORM_EPS)?,
            conv_out: Conv2d::load3(&source.under("out.2"), config.base_width, out_channels)?,
        })
    }

    /// The predicted noise, `[b, out channels, h, w]` in f32.
    pub fn forward(&self, input: &UnetInput<'_>) -> Result<Tensor, NetworkError> {
        let UnetInput { x, timesteps, context, label, control, hooks, roles } = *input;
        if !roles.is_empty() && roles.len() != timesteps.len() {
            return input_error(format!("{} roles for {} rows", roles.len(), timesteps.len()));
        }
        let prepared = self.encoder.prepare(EncoderInput { x, timesteps, context, label })?;
        let embedding = &prepared.embedding;
        let around = Surroundings { context: &prepared.context, hooks, roles };
        let mut skips = self.encoder.descend(&prepared.x, embedding, around, None)?;
        let deepest = skips.last().unwrap_or(&prepared.x);
        let mut h = self.encoder.middle(deepest, embedding, around)?;
        if let Some(control) = ControlResiduals::sum(control)? {
            h = add_residual(&h, &control.middle)?;
            skips = self.controlled(&skips, &control)?;
        }
        for (index, block) in self.output_blocks.iter().enumerate() {
            let mut skip = skips.pop().expect("there is an output block for every input block");
            for hook in hooks {
                (h, skip) = hook.join(h, skip, self.config.base_width)?;
            }
            h = block.residual.forward(&Tensor::cat(&[&h, &skip], 1)?, embedding)?;
            if let Some(transformer) = &block.transformer {
                h = transformer.run(&h, Block::Output(index), around)?;
            }
            if let (Some(upsample), Some(next)) = (&block.upsample, skips.last()) {
                let (_, _, height, width) = next.dims4()?;
                h = upsample.forward(&h, height, width)?;
            }
        }
        let out = self.conv_out.forward(&self.norm_out.forward_silu(&h)?)?;
        Ok(out.to_dtype(DType::F32)?)
    }

    fn controlled(
        &self,
        skips: &[Tensor],
        control: &ControlResiduals,
    ) -> Result<Vec<Tensor>, NetworkError> {
        if control.skips.len() != skips.len() {
            let (got, wanted) = (control.skips.len(), skips.len());
            return input_error(format!(
                "this ControlNet is for another model: it gives {got} residuals, not {wanted}"
            ));
        }
        skips.iter().zip(&control.skips).map(|(skip, added)| add_residual(skip, added)).collect()
    }
}

impl ControlResiduals {
    /// The residuals times `strength`; `None` for a strength of 0, which must change no bit.
    pub fn scaled(&self, strength: f64) -> Result<Option<Self>, NetworkError> {
        if strength == 0.0 {
            return Ok(None);
        }
        let scale = |x: &Tensor| Ok::<_, NetworkError>((x * strength)?);
        Ok(Some(Self {
            skips: self.skips.iter().map(scale).collect::<Result<_, _>>()?,
            middle: scale(&self.middle)?,
        }))
    }

    /// The sum over several ControlNets, in list order; `None` for an empty list.
    pub fn sum(list: &[Self]) -> Result<Option<Self>, NetworkError> {
        let Some((first, rest)) = list.split_first() else { return Ok(None) };
        let mut total = first.clone();
        for next in rest {
            if next.skips.len() != total.skips.len() {
                return input_error("these ControlNets are for different models");
            }
            for (sum, added) in total.skips.iter_mut().zip(&next.skips) {
                *sum = add_residual(sum, added)?;
            }
            total.middle = add_residual(&total.middle, &next.middle)?;
        }
        Ok(Some(total))
    }
}

fn add_residual(x: &Tensor, added: &Tensor) -> Result<Tensor, NetworkError> {
    if x.dims() != added.dims() {
        return input_error(format!(
            "a control residual of shape {:?} does not fit a feature map of shape {:?}",
            added.dims(),
            x.dims()
        ));
    }
    Ok((x + added.to_device(x.device())?.to_dtype(x.dtype())?)?)
}

fn load_output_blocks(
    source: &Source,
    config: &UnetConfig,
) -> Result<Vec<OutputBlock>, NetworkError> {
    let mut skips = Encoder::output_widths(config);
    let mut blocks = Vec::with_capacity(skips.len());
    let mut input = config.middle_width();
    for (level_index, level) in config.levels.iter().enumerate().rev() {
        let (width, depth) = (config.width(level), level.transformer_depth);
        for index in 0..=level.residual_blocks {
            let source = source.under(format!("output_blocks.{}", blocks.len()));
            let joined = input + skips.pop().expect("every output block has a skip");
            let residual =
                ResidualBlock::load(&source.under("0"), joined, width, config.time_width())?;
            let transformer = (depth > 0)
                .then(|| SpatialTransformer::load_for(&source.under("1"), config, width, depth))
                .transpose()?;
            let upsamples = level_index > 0 && index == level.residual_blocks;
            let place = if depth > 0 { "2" } else { "1" };
            let upsample =
                upsamples.then(|| Upsample::load(&source.under(place), width)).transpose()?;
            blocks.push(OutputBlock { residual, transformer, upsample });
            input = width;
        }
    }
    Ok(blocks)
}
