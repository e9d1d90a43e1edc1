//! Attention hooks: code that takes part in every attention of a UNet without replacing it.
//!
//! Hooks form a list. Each gets the call and the rest of the list; the end of the list is the UNet's own
//! attention. A hook may change what goes in, what comes out, or both, and none can drop another.

use std::sync::Arc;

use candle_core::Tensor;

use super::attention::{Attention, LowRankSet};
use crate::blocks::NetworkError;

/// A list of hooks, outermost first.
pub type Hooks = [Arc<dyn AttentionHook>];

/// Code that takes part in attentions, and in the joins on a UNet's way up.
pub trait AttentionHook: Send + Sync {
    /// What the attention adds to the residual stream, `[rows, tokens, width]` like `call.hidden`.
    ///
    /// A hook that leaves a call alone returns `next.attend(call)`.
    fn attend(&self, call: AttentionCall<'_>, next: Next<'_>) -> Result<Tensor, NetworkError>;

    /// What a UNet brings up and the skip that it is about to be joined with, `[rows, c, h, w]`
    /// each, changed or not. `width` is that of the UNet's first level.
    fn join(
        &self,
        features: Tensor,
        skip: Tensor,
        width: usize,
    ) -> Result<(Tensor, Tensor), NetworkError> {
        let _ = width;
        Ok((features, skip))
    }
}

/// One attention that is about to be computed.
#[derive(Clone)]
pub struct AttentionCall<'a> {
    /// Where it is.
    pub site: AttentionSite,
    /// The UNet's own weights for it.
    pub attention: &'a Attention,
    /// The layer-normed tokens that ask, `[rows, tokens, width]`.
    pub hidden: Tensor,
    /// The tokens that are asked, `[rows, tokens, width]`; `None` in a self-attention, which asks `hidden`.
    pub context: Option<Tensor>,
    /// Low-rank changes of the weights for this call.
    pub low_rank: Vec<Arc<LowRankSet>>,
    /// Which conditioning each row belongs to; empty if the caller did not say.
    pub roles: &'a [Role],
}

/// The place of an attention in a UNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttentionSite {
    /// The block of the UNet.
    pub block: Block,
    /// The transformer block inside it, from 0.
    pub depth: usize,
    /// Whether it asks the text context (`attn2`) or the picture itself (`attn1`).
    pub cross: bool,
    /// Height of the feature map, in its own pixels.
    pub height: usize,
    /// Width of the feature map, in its own pixels.
    pub width: usize,
}

/// A block of a UNet, numbered as in checkpoint keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// `input_blocks.N`.
    Input(usize),
    /// `middle_block`.
    Middle,
    /// `output_blocks.N`.
    Output(usize),
}

/// Which conditioning a batch row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What the picture should show.
    Positive,
    /// What guidance leads away from.
    Negative,
}

/// The hooks that are still to be asked.
pub struct Next<'a> {
    hooks: &'a Hooks,
}

impl<'a> Next<'a> {
    /// All hooks of a list.
    pub fn new(hooks: &'a Hooks) -> Self {
        Self { hooks }
    }

    /// Asks the next hook, or computes the attention if there is none.
    pub fn attend(self, call: AttentionCall<'_>) -> Result<Tensor, NetworkError> {
        match self.hooks.split_first() {
            Some((first, rest)) => first.attend(call, Next { hooks: rest }),
            None => {
                let context = call.context.as_ref().unwrap_or(&call.hidden);
                call.attention.forward_with(&call.hidden, context, &call.low_rank)
            }
        }
    }
}
