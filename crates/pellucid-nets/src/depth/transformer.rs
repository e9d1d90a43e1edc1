//! The vision transformer of DINOv2 (Oquab et al. 2023).

use candle_core::Tensor;

use super::scaling::bicubic;
use crate::blocks::{
    Conv2d, LayerNorm, Linear, NetworkError, Source, attend, gelu, input_error, to_map, to_tokens,
};
use crate::checkpoint::{DepthConfig, PATCH};

/// Added to the variance in every norm.
const NORM_EPS: f64 = 1e-6;
/// Added to the patches along a side when the places of patches are scaled, as in training.
const OFFSET: f64 = 0.1;

pub struct Transformer {
    config: DepthConfig,
    patches: Conv2d,
    class_token: Tensor,
    places: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
}

struct Block {
    heads: usize,
    norm1: LayerNorm,
    query_key_value: Linear,
    out: Linear,
    scale1: Tensor,
    norm2: LayerNorm,
    widen: Linear,
    narrow: Linear,
    scale2: Tensor,
}

impl Transformer {
    pub fn load(source: &Source, config: &DepthConfig) -> Result<Self, NetworkError> {
        let width = config.width;
        let wide = source.with_dtype(source.activations());
        let patches = source.under("patch_embed.proj");
        let block = |index| Block::load(&source.under(format!("blocks.{index}")), config);
        Ok(Self {
            patches: Conv2d::load(&patches, 3, width, PATCH, PATCH, 0)?,
            class_token: wide.tensor("cls_token", &[1, 1, width])?,
            places: wide.tensor("pos_embed", &[1, config.side * config.side + 1, width])?,
            blocks: (0..config.blocks).map(block).collect::<Result<_, _>>()?,
            norm: LayerNorm::load(&source.under("norm"), width, NORM_EPS)?,
            config: config.clone(),
        })
    }

    /// What four of the blocks give, normed, as maps `[b, width, h / 14, w / 14]`.
    pub fn forward(&self, signal: &Tensor) -> Result<[Tensor; 4], NetworkError> {
        let (batch, _, height, width) = signal.dims4()?;
        if height == 0
            || width == 0
            || !height.is_multiple_of(PATCH)
            || !width.is_multiple_of(PATCH)
        {
            return input_error(format!("{width}x{height} pixels are no whole patches of {PATCH}"));
        }
        let (rows, columns) = (height / PATCH, width / PATCH);
        let weight = &self.patches.weight;
        let signal = signal.to_device(weight.device())?.to_dtype(self.places.dtype())?;
        let patches = to_tokens(&self.patches.forward(&signal)?)?;
        let class = self.class_token.broadcast_as((batch, 1, self.config.width))?;
        let tokens = Tensor::cat(&[&class.contiguous()?, &patches], 1)?;
        let mut x = tokens.broadcast_add(&self.places(rows, columns)?)?;
        let mut maps = Vec::with_capacity(4);
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x)?;
            if self.config.taken().contains(&index) {
                let seen = self.norm.forward(&x)?.narrow(1, 1, rows * columns)?.contiguous()?;
                maps.push(to_map(&seen, rows, columns)?);
            }
        }
        maps.try_into().or_else(|_| input_error("a transformer of fewer than four blocks"))
    }

    /// The places of the class and of `rows` by `columns` patches.
    fn places(&self, rows: usize, columns: usize) -> Result<Tensor, NetworkError> {
        let side = self.config.side;
        if (rows, columns) == (side, side) {
            return Ok(self.places.clone());
        }
        let class = self.places.narrow(1, 0, 1)?;
        let patches = self.places.narrow(1, 1, side * side)?.contiguous()?;
        let map = to_map(&patches, side, side)?;
        let factor = |patches: usize| (patches as f64 + OFFSET) / side as f64;
        let map = bicubic(&map, [rows, columns], [factor(rows), factor(columns)])?;
        Ok(Tensor::cat(&[&class, &to_tokens(&map)?], 1)?)
    }
}

impl Block {
    fn load(source: &Source, config: &DepthConfig) -> Result<Self, NetworkError> {
        let width = config.width;
        let norm = |key| LayerNorm::load(&source.under(key), width, NORM_EPS);
        let linear = |key, from, to| Linear::load(&source.under(key), from, to);
        let wide = source.with_dtype(source.activations());
        Ok(Self {
            heads: config.heads(),
            norm1: norm("norm1")?,
            query_key_value: linear("attn.qkv", width, 3 * width)?,
            out: linear("attn.proj", width, width)?,
            scale1: wide.tensor("ls1.gamma", &[width])?,
            norm2: norm("norm2")?,
            widen: linear("mlp.fc1", width, 4 * width)?,
            narrow: linear("mlp.fc2", 4 * width, width)?,
            scale2: wide.tensor("ls2.gamma", &[width])?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let width = x.dim(2)?;
        let all = self.query_key_value.forward(&self.norm1.forward(x)?)?;
        let part = |index: usize| all.narrow(2, index * width, width)?.contiguous();
        let seen = self.out.forward(&attend(&part(0)?, &part(1)?, &part(2)?, self.heads)?)?;
        let x = (x + seen.broadcast_mul(&self.scale1)?)?;
        let wide = gelu(&self.widen.forward(&self.norm2.forward(&x)?)?)?;
        Ok((&x + self.narrow.forward(&wide)?.broadcast_mul(&self.scale2)?)?)
    }
}
