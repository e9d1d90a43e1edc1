//! The shape of a UNet, read from its weights.

use crate::blocks::{NetworkError, input_error};
use crate::weights::Weights;

/// Everything that distinguishes one UNet from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnetConfig {
    /// Channels of the first convolution's input: 4, or more where a picture is concatenated.
    pub in_channels: usize,
    /// Channels of the predicted noise; `None` for an encoder half without a decoder (ControlNet).
    pub out_channels: Option<usize>,
    /// Channels at the first level.
    pub base_width: usize,
    /// The levels, finest first.
    pub levels: Vec<UnetLevel>,
    /// Transformer blocks in the middle.
    pub middle_depth: usize,
    /// Width of a context token: 768 for SD1.5, 2048 for SDXL.
    pub context_width: usize,
    /// How a width is split into attention heads.
    pub heads: Heads,
    /// Length of the label vector (pooled text and sizes), 2816 for SDXL; `None` without one.
    pub label_width: Option<usize>,
    /// Whether the transformers' projections are dense layers (SDXL) or 1×1 convolutions (SD1.5).
    pub dense_projections: bool,
}

/// One resolution of a UNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnetLevel {
    /// Channels divided by the base width.
    pub multiplier: usize,
    /// Residual blocks on the way down; the way up has one more.
    pub residual_blocks: usize,
    /// Transformer blocks after each residual block; 0 for none.
    pub transformer_depth: usize,
}

/// How a width is split into attention heads; it cannot be read from shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// A fixed number of heads (SD1.5: 8).
    Count(usize),
    /// A fixed width of a head (SDXL and SD2: 64).
    Width(usize),
}

impl Heads {
    /// The number of heads at a width; 0 if it does not divide.
    pub fn at(self, width: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Width(head) if head > 0 && width.is_multiple_of(head) => width / head,
            Self::Width(_) => 0,
        }
    }
}

impl UnetConfig {
    /// Reads the configuration from shapes, keys starting at `input_blocks`, `time_embed`, ….
    ///
    /// The head rule is the real models': 64 wide where projections are dense, 8 heads otherwise.
    pub fn from_weights(weights: &Weights) -> Result<Self, NetworkError> {
        let [base_width, in_channels] = first_two(weights, "input_blocks.0.0.weight")?;
        if base_width == 0 {
            return input_error("`input_blocks.0.0.weight` has no output channels");
        }
        let levels = levels(weights, base_width)?;
        let context_width = match weights.shape(&format!("{MIDDLE_BLOCK}.0.attn2.to_k.weight")) {
            Some(&[_, width, ..]) => width,
            _ => return input_error("a UNet without a transformer in the middle is not supported"),
        };
        let dense = weights.shape("middle_block.1.proj_in.weight").is_some_and(|s| s.len() == 2);
        let out_channels = weights.shape("out.2.weight").and_then(|shape| shape.first().copied());
        let label = weights.shape("label_emb.0.0.weight").and_then(|shape| shape.get(1).copied());
        Ok(Self {
            in_channels,
            out_channels,
            base_width,
            levels,
            middle_depth: depth(weights, "middle_block.1"),
            context_width,
            heads: if dense { Heads::Width(64) } else { Heads::Count(8) },
            label_width: label,
            dense_projections: dense,
        })
    }

    /// Channels at a level.
    pub fn width(&self, level: &UnetLevel) -> usize {
        self.base_width * level.multiplier
    }

    /// Channels in the middle.
    pub fn middle_width(&self) -> usize {
        self.levels.last().map_or(self.base_width, |level| self.width(level))
    }

    /// Length of the time embedding.
    pub fn time_width(&self) -> usize {
        4 * self.base_width
    }
}

const MIDDLE_BLOCK: &str = "middle_block.1.transformer_blocks";

/// Walks the input blocks: residual blocks make up a level, a downsampler ends it.
fn levels(weights: &Weights, base_width: usize) -> Result<Vec<UnetLevel>, NetworkError> {
    let mut levels: Vec<UnetLevel> = Vec::new();
    let mut starts_level = true;
    for index in 1.. {
        let block = format!("input_blocks.{index}");
        if weights.has(&format!("{block}.0.op.weight")) {
            starts_level = true;
            continue;
        }
        let Some(shape) = weights.shape(&format!("{block}.0.out_layers.3.weight")) else { break };
        let width = shape.first().copied().unwrap_or(0);
        let transformer_depth = depth(weights, &format!("{block}.1"));
        let multiplier = width / base_width;
        if multiplier * base_width != width {
            return input_error(format!("`{block}` is {width} wide, no multiple of {base_width}"));
        }
        match levels.last_mut() {
            Some(level) if !starts_level => {
                if (level.multiplier, level.transformer_depth) != (multiplier, transformer_depth) {
                    return input_error(format!("`{block}` differs from its level's first block"));
                }
                level.residual_blocks += 1;
            }
            _ => levels.push(UnetLevel { multiplier, residual_blocks: 1, transformer_depth }),
        }
        starts_level = false;
    }
    if levels.is_empty() {
        return input_error("no UNet: there is no `input_blocks.1`");
    }
    Ok(levels)
}

fn depth(weights: &Weights, transformer: &str) -> usize {
    let has = |index: &usize| {
        weights.has(&format!("{transformer}.transformer_blocks.{index}.attn1.to_q.weight"))
    };
    (0..).take_while(has).count()
}

fn first_two(weights: &Weights, key: &str) -> Result<[usize; 2], NetworkError> {
    match weights.shape(key) {
        Some(&[first, second, ..]) => Ok([first, second]),
        Some(shape) => input_error(format!("`{key}` has the shape {shape:?}")),
        None => input_error(format!("no UNet: there is no `{key}`")),
    }
}
