//! ControlNet: a copy of a UNet's encoder that looks at a picture and adds to the UNet's features.
//!
//! Zhang et al., "Adding Conditional Control to Text-to-Image Diffusion Models". Keys are those of the
//! original files; [`ldm_unet`](crate::checkpoint::ldm_unet) gives them for the
//! diffusers layout.

mod hint;
mod sorts;

use candle_core::{DType, Device, Tensor};

use crate::blocks::{Conv2d, NetworkError, Source, input_error};
use crate::unet::{ControlResiduals, Encoder, EncoderInput, Surroundings, UnetConfig};
use crate::weights::Weights;
use hint::HintNetwork;
use sorts::Sorts;

pub use hint::{PIXELS_PER_LATENT, fit_hint};

/// A ControlNet for one family of UNets.
pub struct ControlNet {
    /// The shape of its encoder, that of the UNet it was made for.
    pub config: UnetConfig,
    encoder: Encoder,
    hint: HintNetwork,
    sorts: Option<Sorts>,
    skip_outputs: Vec<Conv2d>,
    middle_output: Conv2d,
}

/// What a ControlNet is asked: what its UNet is asked, and a picture.
#[derive(Clone, Copy)]
pub struct ControlInput<'a> {
    /// The noisy latent, already divided by `√(σ² + 1)`: `[b, 4, h, w]`.
    pub x: &'a Tensor,
    /// The timestep of each row.
    pub timesteps: &'a [f32],
    /// The encoded text, `[b, tokens, width]`.
    pub context: &'a Tensor,
    /// SDXL's pooled text and sizes, `[b, n]`.
    pub label: Option<&'a Tensor>,
    /// The picture, 0 to 1, `[1 or b, 3, 8h, 8w]` (see [`fit_hint`]).
    pub hint: &'a Tensor,
    /// Which sort of picture that is, for a union ControlNet; others know only one. `None` leaves it open.
    pub sort: Option<usize>,
}

impl ControlNet {
    /// Loads a ControlNet whose keys start at `input_blocks`, `input_hint_block`, ….
    pub fn load(
        weights: &Weights,
        config: &UnetConfig,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let source = &Source::new(weights, dtype, device);
        let widths = Encoder::output_widths(config);
        let output = |(index, &width): (usize, &usize)| {
            Conv2d::load1(&source.under(format!("zero_convs.{index}.0")), width, width)
        };
        let middle = config.middle_width();
        let count = weights.shape("task_embedding").and_then(|shape| shape.first()).copied();
        let count = count.filter(|&count| count > 0);
        let sorts = |count| Sorts::load(source, count, config.base_width, config.time_width());
        Ok(Self {
            config: config.clone(),
            encoder: Encoder::load(source, config)?,
            hint: HintNetwork::load(&source.under("input_hint_block"), config.base_width)?,
            sorts: count.map(sorts).transpose()?,
            skip_outputs: widths.iter().enumerate().map(output).collect::<Result<_, _>>()?,
            middle_output: Conv2d::load1(&source.under("middle_block_out.0"), middle, middle)?,
        })
    }

    /// What is added to the UNet, at strength 1.
    pub fn forward(&self, input: &ControlInput<'_>) -> Result<ControlResiduals, NetworkError> {
        let ControlInput { x, timesteps, context, label, hint, sort } = *input;
        let mut hint = self.hint(x, hint)?;
        let prepared = self.encoder.prepare(EncoderInput { x, timesteps, context, label })?;
        let mut embedding = prepared.embedding.clone();
        if let Some(sorts) = &self.sorts {
            embedding = embedding.broadcast_add(&sorts.beside_time(sort)?)?;
            hint = match sort {
                Some(sort) => sorts.merge(&hint, sort)?,
                None => hint,
            };
        }
        let embedding = &embedding;
        let around = Surroundings { context: &prepared.context, hooks: &[], roles: &[] };
        let outputs = self.encoder.descend(&prepared.x, embedding, around, Some(&hint))?;
        let deepest = outputs.last().unwrap_or(&prepared.x);
        let middle = self.encoder.middle(deepest, embedding, around)?;
        let skips = self.skip_outputs.iter().zip(&outputs).map(|(conv, x)| conv.forward(x));
        Ok(ControlResiduals {
            skips: skips.collect::<Result<_, _>>()?,
            middle: self.middle_output.forward(&middle)?,
        })
    }

    /// The features of the picture, for every row of `x`.
    fn hint(&self, x: &Tensor, hint: &Tensor) -> Result<Tensor, NetworkError> {
        let (batch, _, height, width) = x.dims4()?;
        let (rows, channels, hint_height, hint_width) = hint.dims4()?;
        let wanted = (PIXELS_PER_LATENT * height, PIXELS_PER_LATENT * width);
        if channels != 3 || (hint_height, hint_width) != wanted || (rows != 1 && rows != batch) {
            let (height, width) = wanted;
            return input_error(format!(
                "the control picture is {:?}, not [1 or {batch}, 3, {height}, {width}]",
                hint.dims()
            ));
        }
        let hint = hint.to_device(&self.encoder.device)?.to_dtype(self.encoder.dtype)?;
        let features = self.hint.forward(&hint)?;
        Ok(if rows == batch { features } else { features.repeat((batch, 1, 1, 1))? })
    }
}
