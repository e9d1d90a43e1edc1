//! Transformers over feature maps.

use candle_core::Tensor;

use super::attention::Attention;
use super::hook::{AttentionCall, AttentionSite, Block, Hooks, Next, Role};
use crate::blocks::{
    Conv2d, GroupNorm, LayerNorm, Linear, NetworkError, Source, add, geglu, to_map, to_tokens,
};
use crate::checkpoint::UnetConfig;

/// Added to the variance of the group norm before a transformer.
const GROUP_NORM_EPS: f64 = 1e-6;
/// Added to the variance of the layer norms.
const LAYER_NORM_EPS: f64 = 1e-5;

/// A dense layer followed by a gated one: `linear(a · gelu(b))`, `[a, b]` the halves of the first.
#[derive(Clone, Debug)]
pub struct FeedForward {
    gate: Linear,
    out: Linear,
}

impl FeedForward {
    /// Loads `net.0.proj` and `net.2`; the inner width is four times the outer.
    pub fn load(source: &Source, width: usize) -> Result<Self, NetworkError> {
        Ok(Self {
            gate: Linear::load(&source.under("net.0.proj"), width, 8 * width)?,
            out: Linear::load(&source.under("net.2"), 4 * width, width)?,
        })
    }

    /// `[rows, tokens, width]` to the same shape.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        self.out.forward(&geglu(&self.gate.forward(x)?)?)
    }
}

/// Self-attention, cross-attention and feed-forward, each on layer-normed tokens and added to them.
#[derive(Clone, Debug)]
pub struct TransformerBlock {
    /// `attn1`.
    pub self_attention: Attention,
    /// `attn2`.
    pub cross_attention: Attention,
    /// `ff`.
    pub feed_forward: FeedForward,
    norms: [LayerNorm; 3],
}

/// What all attentions of one forward pass share.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) context: &'a Tensor,
    pub(crate) hooks: &'a Hooks,
    pub(crate) roles: &'a [Role],
}

impl TransformerBlock {
    /// Loads `attn1`, `attn2`, `ff` and `norm1` to `norm3`.
    pub fn load(
        source: &Source,
        width: usize,
        context_width: usize,
        heads: usize,
    ) -> Result<Self, NetworkError> {
        let norm = |key| LayerNorm::load(&source.under(key), width, LAYER_NORM_EPS);
        Ok(Self {
            self_attention: Attention::load(&source.under("attn1"), width, width, heads)?,
            cross_attention: Attention::load(&source.under("attn2"), width, context_width, heads)?,
            feed_forward: FeedForward::load(&source.under("ff"), width)?,
            norms: [norm("norm1")?, norm("norm2")?, norm("norm3")?],
        })
    }

    /// `x` and `context` are `[rows, tokens, width]`; no hooks take part.
    pub fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor, NetworkError> {
        let site = AttentionSite {
            block: Block::Middle,
            depth: 0,
            cross: false,
            height: 1,
            width: x.dim(1)?,
        };
        self.run(x, site, Surroundings { context, hooks: &[], roles: &[] })
    }

    fn run(
        &self,
        x: &Tensor,
        site: AttentionSite,
        around: Surroundings<'_>,
    ) -> Result<Tensor, NetworkError> {
        let attend = |hidden: Tensor, cross: bool| {
            let call = AttentionCall {
                site: AttentionSite { cross, ..site },
                attention: if cross { &self.cross_attention } else { &self.self_attention },
                hidden,
                context: cross.then(|| around.context.clone()),
                low_rank: Vec::new(),
                roles: around.roles,
            };
            Next::new(around.hooks).attend(call)
        };
        let x = add(x, &attend(self.norms[0].forward(x)?, false)?)?;
        let x = add(&x, &attend(self.norms[1].forward(&x)?, true)?)?;
        add(&x, &self.feed_forward.forward(&self.norms[2].forward(&x)?)?)
    }
}

/// Transformer blocks over the pixels of a feature map, between two projections, added to the map.
#[derive(Clone, Debug)]
pub struct SpatialTransformer {
    /// The blocks, in order.
    pub blocks: Vec<TransformerBlock>,
    norm: GroupNorm,
    projections: Projections,
}

/// The two projections are the same numbers either way, but stored and rounded differently.
#[derive(Clone, Debug)]
enum Projections {
    Dense { input: Linear, output: Linear },
    Convolution { input: Conv2d, output: Conv2d },
}

impl SpatialTransformer {
    /// Loads `norm`, `proj_in`, `transformer_blocks` and `proj_out`.
    pub fn load(
        source: &Source,
        width: usize,
        context_width: usize,
        heads: usize,
        depth: usize,
        dense: bool,
    ) -> Result<Self, NetworkError> {
        let (proj_in, proj_out) = (source.under("proj_in"), source.under("proj_out"));
        let projections = if dense {
            Projections::Dense {
                input: Linear::load(&proj_in, width, width)?,
                output: Linear::load(&proj_out, width, width)?,
            }
        } else {
            Projections::Convolution {
                input: Conv2d::load1(&proj_in, width, width)?,
                output: Conv2d::load1(&proj_out, width, width)?,
            }
        };
        let block = |index| {
            let source = source.under(format!("transformer_blocks.{index}"));
            TransformerBlock::load(&source, width, context_width, heads)
        };
        let groups = super::residual::NORM_GROUPS;
        Ok(Self {
            blocks: (0..depth).map(block).collect::<Result<_, _>>()?,
            norm: GroupNorm::load(&source.under("norm"), width, groups, GROUP_NORM_EPS)?,
            projections,
        })
    }

    pub(super) fn load_for(
        source: &Source,
        config: &UnetConfig,
        width: usize,
        depth: usize,
    ) -> Result<Self, NetworkError> {
        let heads = config.heads.at(width)?;
        let (context, dense) = (config.context_width, config.dense_projections);
        Self::load(source, width, context, heads, depth, dense)
    }

    /// `x` is `[b, c, h, w]`, `context` `[b, tokens, width]`; no hooks take part.
    pub fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor, NetworkError> {
        self.run(x, Block::Middle, Surroundings { context, hooks: &[], roles: &[] })
    }

    pub(super) fn run(
        &self,
        x: &Tensor,
        block: Block,
        around: Surroundings<'_>,
    ) -> Result<Tensor, NetworkError> {
        let (_, _, height, width) = x.dims4()?;
        let normed = self.norm.forward(x)?;
        let mut tokens = match &self.projections {
            Projections::Dense { input, .. } => input.forward(&to_tokens(&normed)?)?,
            Projections::Convolution { input, .. } => to_tokens(&input.forward(&normed)?)?,
        };
        for (depth, transformer) in self.blocks.iter().enumerate() {
            let site = AttentionSite { block, depth, cross: false, height, width };
            tokens = transformer.run(&tokens, site, around)?;
        }
        let map = match &self.projections {
            Projections::Dense { output, .. } => to_map(&output.forward(&tokens)?, height, width)?,
            Projections::Convolution { output, .. } => {
                output.forward(&to_map(&tokens, height, width)?)?
            }
        };
        add(x, &map)
    }
}
