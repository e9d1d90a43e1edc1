//! The encoder half of a UNet with its middle: what a ControlNet copies.

use candle_core::{DType, Device, Tensor};

use super::hook::Block;
use super::residual::{Downsample, ResidualBlock};
use super::transformer::{SpatialTransformer, Surroundings};
use crate::blocks::{Conv2d, Linear, NetworkError, Source, input_error, silu, sinusoids};
use crate::checkpoint::{UnetConfig, UnetLevel};

/// Time and label embeddings, input blocks and middle.
pub(crate) struct Encoder {
    pub(crate) dtype: DType,
    pub(crate) device: Device,
    config: UnetConfig,
    time: Embedder,
    label: Option<Embedder>,
    blocks: Vec<InputBlock>,
    middle: Middle,
}

/// What both a UNet and a ControlNet are given, see [`super::UnetInput`] for the shapes.
#[derive(Clone, Copy)]
pub(crate) struct EncoderInput<'a> {
    pub(crate) x: &'a Tensor,
    pub(crate) timesteps: &'a [f32],
    pub(crate) context: &'a Tensor,
    pub(crate) label: Option<&'a Tensor>,
}

/// The same, checked and in the type the network computes in.
pub(crate) struct Prepared {
    pub(crate) x: Tensor,
    pub(crate) context: Tensor,
    pub(crate) embedding: Tensor,
}

struct Embedder {
    first: Linear,
    second: Linear,
}

enum InputBlock {
    Convolution(Conv2d),
    Residual { residual: Box<ResidualBlock>, transformer: Option<SpatialTransformer> },
    Downsample(Downsample),
}

struct Middle {
    before: ResidualBlock,
    transformer: Option<SpatialTransformer>,
    after: ResidualBlock,
}

impl Encoder {
    pub(crate) fn load(source: &Source, config: &UnetConfig) -> Result<Self, NetworkError> {
        let time_width = config.time_width();
        let label = |width| Embedder::load(&source.under("label_emb.0"), width, time_width);
        let time = Embedder::load(&source.under("time_embed"), config.base_width, time_width)?;
        Ok(Self {
            dtype: source.activations(),
            device: source.device.clone(),
            config: config.clone(),
            time,
            label: config.label_width.map(label).transpose()?,
            blocks: load_blocks(source, config)?,
            middle: Middle::load(&source.under("middle_block"), config)?,
        })
    }

    /// Checks the shapes, converts the types and embeds the timesteps and the label.
    pub(crate) fn prepare(&self, input: EncoderInput<'_>) -> Result<Prepared, NetworkError> {
        let EncoderInput { x, timesteps, context, label } = input;
        let (batch, channels, height, width) = x.dims4()?;
        if channels != self.config.in_channels {
            let wanted = self.config.in_channels;
            return input_error(format!("the latent has {channels} channels, not {wanted}"));
        }
        if batch * height * width == 0 {
            return input_error(format!("the latent is empty: {:?}", x.dims()));
        }
        if timesteps.len() != batch {
            return input_error(format!("{} timesteps for {batch} latents", timesteps.len()));
        }
        let (rows, tokens, width) = context.dims3()?;
        if (rows, width) != (batch, self.config.context_width) || tokens == 0 {
            let wanted = self.config.context_width;
            let got = context.dims();
            return input_error(format!("the context is {got:?}, not [{batch}, tokens, {wanted}]"));
        }
        Ok(Prepared {
            x: self.convert(x)?,
            context: self.convert(context)?,
            embedding: self.embedding(timesteps, label)?,
        })
    }

    /// The output of every input block, in order; `hint` is added once, to the first.
    pub(crate) fn descend(
        &self,
        x: &Tensor,
        embedding: &Tensor,
        around: Surroundings<'_>,
        hint: Option<&Tensor>,
    ) -> Result<Vec<Tensor>, NetworkError> {
        let mut outputs = Vec::with_capacity(self.blocks.len());
        let mut h = x.clone();
        for (index, block) in self.blocks.iter().enumerate() {
            h = block.forward(&h, embedding, Block::Input(index), around)?;
            if let (0, Some(hint)) = (index, hint) {
                h = (h + hint)?;
            }
            outputs.push(h.clone());
        }
        Ok(outputs)
    }

    pub(crate) fn middle(
        &self,
        h: &Tensor,
        embedding: &Tensor,
        around: Surroundings<'_>,
    ) -> Result<Tensor, NetworkError> {
        let h = self.middle.before.forward(h, embedding)?;
        let h = match &self.middle.transformer {
            Some(transformer) => transformer.run(&h, Block::Middle, around)?,
            None => h,
        };
        self.middle.after.forward(&h, embedding)
    }

    /// Channels of the input blocks' outputs, in order.
    pub(crate) fn output_widths(config: &UnetConfig) -> Vec<usize> {
        let mut widths = vec![config.base_width];
        for (index, level) in config.levels.iter().enumerate() {
            let downsamples = usize::from(index + 1 < config.levels.len());
            let blocks = level.residual_blocks + downsamples;
            widths.extend(std::iter::repeat_n(config.width(level), blocks));
        }
        widths
    }

    fn embedding(&self, timesteps: &[f32], label: Option<&Tensor>) -> Result<Tensor, NetworkError> {
        let time = sinusoids(timesteps, self.config.base_width, &self.device)?;
        let time = self.time.forward(&self.convert(&time)?)?;
        match (&self.label, label) {
            (None, None) => Ok(time),
            (Some(embedder), Some(label)) => {
                let wanted = (timesteps.len(), self.config.label_width.unwrap_or(0));
                if label.dims2()? != wanted {
                    let got = label.dims();
                    return input_error(format!("the label vector is {got:?}, not {wanted:?}"));
                }
                Ok((time + embedder.forward(&self.convert(label)?)?)?)
            }
            (Some(_), None) => input_error("this model needs pooled text and sizes"),
            (None, Some(_)) => input_error("this model takes no pooled text and sizes"),
        }
    }

    fn convert(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        Ok(x.to_device(&self.device)?.to_dtype(self.dtype)?)
    }
}

impl Embedder {
    fn load(source: &Source, input: usize, output: usize) -> Result<Self, NetworkError> {
        Ok(Self {
            first: Linear::load(&source.under("0"), input, output)?,
            second: Linear::load(&source.under("2"), output, output)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.second.forward(&silu(&self.first.forward(x)?)?)
    }
}

impl InputBlock {
    fn forward(
        &self,
        x: &Tensor,
        embedding: &Tensor,
        block: Block,
        around: Surroundings<'_>,
    ) -> Result<Tensor, NetworkError> {
        match self {
            Self::Convolution(conv) => conv.forward(x),
            Self::Downsample(downsample) => downsample.forward(x),
            Self::Residual { residual, transformer } => {
                let h = residual.forward(x, embedding)?;
                match transformer {
                    Some(transformer) => transformer.run(&h, block, around),
                    None => Ok(h),
                }
            }
        }
    }
}

impl Middle {
    fn load(source: &Source, config: &UnetConfig) -> Result<Self, NetworkError> {
        let (width, time_width) = (config.middle_width(), config.time_width());
        let residual = |key| ResidualBlock::load(&source.under(key), width, width, time_width);
        let (attention, depth) = (source.under("1"), config.middle_depth);
        let transformer = (depth > 0)
            .then(|| SpatialTransformer::load_for(&attention, config, width, depth))
            .transpose()?;
        let last = if depth > 0 { "2" } else { "1" };
        Ok(Self { before: residual("0")?, transformer, after: residual(last)? })
    }
}

fn load_blocks(source: &Source, config: &UnetConfig) -> Result<Vec<InputBlock>, NetworkError> {
    let first = source.under("input_blocks.0.0");
    let first = Conv2d::load3(&first, config.in_channels, config.base_width)?;
    let mut blocks = vec![InputBlock::Convolution(first)];
    let mut input = config.base_width;
    for (index, level) in config.levels.iter().enumerate() {
        for _ in 0..level.residual_blocks {
            let source = source.under(format!("input_blocks.{}", blocks.len()));
            blocks.push(load_residual(&source, config, level, input)?);
            input = config.width(level);
        }
        if index + 1 < config.levels.len() {
            let source = source.under(format!("input_blocks.{}.0", blocks.len()));
            blocks.push(InputBlock::Downsample(Downsample::load(&source, input)?));
        }
    }
    Ok(blocks)
}

fn load_residual(
    source: &Source,
    config: &UnetConfig,
    level: &UnetLevel,
    input: usize,
) -> Result<InputBlock, NetworkError> {
    let (width, depth) = (config.width(level), level.transformer_depth);
    let residual = ResidualBlock::load(&source.under("0"), input, width, config.time_width())?;
    let transformer = (depth > 0)
        .then(|| SpatialTransformer::load_for(&source.under("1"), config, width, depth))
        .transpose()?;
    Ok(InputBlock::Residual { residual: Box::new(residual), transformer })
}
