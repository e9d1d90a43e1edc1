//! The transparent decoder: a UNet over pixels that is also shown the latent.

use candle_core::{DType, Device, Tensor};

use crate::blocks::{
    Conv2d, GroupNorm, Linear, NetworkError, Source, add, attend, input_error, resize_nearest,
    to_map, to_tokens,
};
use crate::weights::Weights;

/// Groups of every norm.
const NORM_GROUPS: usize = 4;
/// Added to the variance in every norm, those of the attentions included.
const NORM_EPS: f64 = 1e-5;
/// Width of an attention head.
const HEAD_WIDTH: usize = 8;
/// The level, from the finest, whose input the latent is added to: one eighth of the picture's size.
const LATENT_LEVEL: usize = 3;

/// More levels than any decoder has.
const MOST_LEVELS: usize = 16;

/// Reads colour and alpha from a decoded picture and its latent.
pub struct TransparentDecoder {
    dtype: DType,
    device: Device,
    conv_in: Conv2d,
    latent_in: Conv2d,
    down: Vec<Down>,
    middle: (Residual, Attention, Residual),
    up: Vec<Up>,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

struct Down {
    blocks: Vec<Block>,
    downsample: Option<Conv2d>,
}

struct Up {
    blocks: Vec<Block>,
    upsample: Option<Conv2d>,
}

struct Block {
    residual: Residual,
    attention: Option<Attention>,
}

struct Residual {
    norm1: GroupNorm,
    conv1: Conv2d,
    norm2: GroupNorm,
    conv2: Conv2d,
    shortcut: Option<Conv2d>,
}

struct Attention {
    norm: GroupNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

impl TransparentDecoder {
    /// Loads a decoder whose keys start at `conv_in`, `down_blocks`, …; widths are read from shapes.
    pub fn load(weights: &Weights, dtype: DType, device: &Device) -> Result<Self, NetworkError> {
        let source = &Source::new(weights, dtype, device);
        let widths = level_widths(weights)?;
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        let middle = source.under("mid_block");
        let residual = |key| Residual::load(&middle.under(key), last, last);
        let middle = (
            residual("resnets.0")?,
            Attention::load(&middle.under("attentions.0"), last)?,
            residual("resnets.1")?,
        );
        let mut skips = vec![first];
        let down = load_down(source, &widths, &mut skips)?;
        Ok(Self {
            dtype: source.activations(),
            device: device.clone(),
            conv_in: Conv2d::load3(&source.under("conv_in"), 3, first)?,
            latent_in: Conv2d::load1(&source.under("latent_conv_in"), 4, widths[LATENT_LEVEL - 1])?,
            down,
            middle,
            up: load_up(source, &widths, &mut skips)?,
            norm_out: norm(&source.under("conv_norm_out"), first)?,
            conv_out: Conv2d::load3(&source.under("conv_out"), first, 4)?,
        })
    }

    /// The side of the square that both sides of a picture must be a multiple of, in pixels.
    pub fn unit(&self) -> usize {
        1 << (self.down.len() - 1)
    }

    /// One look: `picture` is `[b, 3, h, w]`, 0 to 1, `latent` `[b, 4, h / 8, w / 8]`, unscaled. Gives
    /// alpha, red, green, blue as `[b, 4, h, w]` in f32, not clamped.
    pub fn forward(&self, picture: &Tensor, latent: &Tensor) -> Result<Tensor, NetworkError> {
        self.check(picture, latent)?;
        let latent = self.latent_in.forward(&self.convert(latent)?)?;
        let mut h = self.conv_in.forward(&self.convert(picture)?)?;
        let mut skips = vec![h.clone()];
        for (level, down) in self.down.iter().enumerate() {
            if level == LATENT_LEVEL {
                h = (h + &latent)?;
            }
            for block in &down.blocks {
                h = block.forward(h)?;
                skips.push(h.clone());
            }
            if let Some(downsample) = &down.downsample {
                h = downsample.forward(&h)?;
                skips.push(h.clone());
            }
        }
        let (before, attention, after) = &self.middle;
        h = after.forward(attention.forward(&before.forward(h)?)?)?;
        for up in &self.up {
            for block in &up.blocks {
                let skip = skips.pop().expect("there is a skip for every block on the way up");
                h = Tensor::cat(&[&h, &skip], 1)?;
                drop(skip);
                h = block.forward(h)?;
            }
            if let Some(upsample) = &up.upsample {
                let (_, _, height, width) = h.dims4()?;
                h = upsample.forward(&resize_nearest(&h, 2 * height, 2 * width)?)?;
            }
        }
        let out = self.conv_out.forward(&self.norm_out.forward_silu(&h)?)?;
        Ok(out.to_dtype(DType::F32)?)
    }

    pub(super) fn check(&self, picture: &Tensor, latent: &Tensor) -> Result<(), NetworkError> {
        let (batch, channels, height, width) = picture.dims4()?;
        let unit = self.unit();
        let whole = height.is_multiple_of(unit) && width.is_multiple_of(unit);
        if channels != 3 || !whole || batch * height * width == 0 {
            let got = picture.dims();
            return input_error(format!(
                "a picture of shape {got:?} has no transparency: sides must be multiples of {unit}"
            ));
        }
        if latent.dims() != [batch, 4, height / 8, width / 8] {
            let got = latent.dims();
            return input_error(format!("a latent of shape {got:?} for {width}x{height} pixels"));
        }
        Ok(())
    }

    fn convert(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        Ok(x.to_device(&self.device)?.to_dtype(self.dtype)?)
    }
}

impl Block {
    fn load(
        source: &Source,
        index: usize,
        input: usize,
        output: usize,
    ) -> Result<Self, NetworkError> {
        let attention = source.under(format!("attentions.{index}"));
        let attends = attention.weights.has("to_q.weight");
        Ok(Self {
            residual: Residual::load(&source.under(format!("resnets.{index}")), input, output)?,
            attention: attends.then(|| Attention::load(&attention, output)).transpose()?,
        })
    }

    fn forward(&self, x: Tensor) -> Result<Tensor, NetworkError> {
        let h = self.residual.forward(x)?;
        match &self.attention {
            Some(attention) => attention.forward(&h),
            None => Ok(h),
        }
    }
}

impl Residual {
    fn load(source: &Source, input: usize, output: usize) -> Result<Self, NetworkError> {
        let shortcut = (input != output)
            .then(|| Conv2d::load1(&source.under("conv_shortcut"), input, output))
            .transpose()?;
        Ok(Self {
            norm1: norm(&source.under("norm1"), input)?,
            conv1: Conv2d::load3(&source.under("conv1"), input, output)?,
            norm2: norm(&source.under("norm2"), output)?,
            conv2: Conv2d::load3(&source.under("conv2"), output, output)?,
            shortcut,
        })
    }

    /// Lets go of its input as soon as it can: at full size every map counts.
    fn forward(&self, x: Tensor) -> Result<Tensor, NetworkError> {
        let mut h = self.norm1.forward_silu(&x)?;
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(&x)?,
            None => x,
        };
        h = self.conv1.forward(&h)?;
        h = self.norm2.forward_silu(&h)?;
        h = self.conv2.forward(&h)?;
        add(&x, &h)
    }
}

impl Attention {
    fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        let dense = |key| Linear::load(&source.under(key), width, width);
        Ok(Self {
            norm: norm(&source.under("group_norm"), width)?,
            query: dense("to_q")?,
            key: dense("to_k")?,
            value: dense("to_v")?,
            out: dense("to_out.0")?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let (_, channels, height, width) = x.dims4()?;
        let tokens = to_tokens(&self.norm.forward(x)?)?;
        let (query, key) = (self.query.forward(&tokens)?, self.key.forward(&tokens)?);
        let mixed = attend(&query, &key, &self.value.forward(&tokens)?, channels / HEAD_WIDTH)?;
        add(x, &to_map(&self.out.forward(&mixed)?, height, width)?)
    }
}

fn norm(source: &Source, width: usize) -> Result<GroupNorm, NetworkError> {
    GroupNorm::load(source, width, NORM_GROUPS, NORM_EPS)
}

fn level_widths(weights: &Weights) -> Result<Vec<usize>, NetworkError> {
    let width = |level: usize| {
        weights.shape(&format!("down_blocks.{level}.resnets.0.conv2.weight"))?.first().copied()
    };
    let widths: Vec<usize> = (0..).map_while(width).collect();
    if widths.len() <= LATENT_LEVEL || widths.len() > MOST_LEVELS {
        return input_error(format!("no transparent decoder: {} `down_blocks`", widths.len()));
    }
    Ok(widths)
}

fn block_count(source: &Source) -> usize {
    let has = |index: &usize| source.weights.has(&format!("resnets.{index}.conv1.weight"));
    (0..).take_while(has).count()
}

fn load_down(
    source: &Source,
    widths: &[usize],
    skips: &mut Vec<usize>,
) -> Result<Vec<Down>, NetworkError> {
    let mut levels = Vec::with_capacity(widths.len());
    let mut input = widths[0];
    for (level, &width) in widths.iter().enumerate() {
        let source = source.under(format!("down_blocks.{level}"));
        let mut blocks = Vec::new();
        for index in 0..block_count(&source) {
            blocks.push(Block::load(&source, index, input, width)?);
            skips.push(width);
            input = width;
        }
        let conv = source.under("downsamplers.0.conv");
        let downsamples = level + 1 < widths.len();
        let downsample = downsamples.then(|| Conv2d::load3_stride2(&conv, width, width));
        skips.extend(downsamples.then_some(width));
        levels.push(Down { blocks, downsample: downsample.transpose()? });
    }
    Ok(levels)
}

fn load_up(
    source: &Source,
    widths: &[usize],
    skips: &mut Vec<usize>,
) -> Result<Vec<Up>, NetworkError> {
    let mut levels = Vec::with_capacity(widths.len());
    let mut input = widths[widths.len() - 1];
    for (level, &width) in widths.iter().rev().enumerate() {
        let source = source.under(format!("up_blocks.{level}"));
        let mut blocks = Vec::new();
        for index in 0..block_count(&source) {
            let Some(skip) = skips.pop() else {
                return input_error(format!("`up_blocks.{level}` has too many blocks"));
            };
            blocks.push(Block::load(&source, index, input + skip, width)?);
            input = width;
        }
        let conv = source.under("upsamplers.0.conv");
        let upsample = (level + 1 < widths.len()).then(|| Conv2d::load3(&conv, width, width));
        levels.push(Up { blocks, upsample: upsample.transpose()? });
    }
    if !skips.is_empty() {
        return input_error("the two halves of the transparent decoder differ in length");
    }
    Ok(levels)
}
