//! Attention with weights, and low-rank changes of them.

use std::sync::Arc;

use candle_core::Tensor;

use crate::blocks::{Linear, NetworkError, Source, attend, input_error};

/// Multi-head attention: queries, keys and values without bias, output with bias.
#[derive(Clone, Debug)]
pub struct Attention {
    /// `to_q`.
    pub query: Linear,
    /// `to_k`.
    pub key: Linear,
    /// `to_v`.
    pub value: Linear,
    /// `to_out.0`.
    pub out: Linear,
    /// Number of heads.
    pub heads: usize,
}

/// A change `up · down` of a dense layer's weight.
#[derive(Clone, Debug)]
pub struct LowRank {
    /// `[rank, in]`.
    pub down: Tensor,
    /// `[out, rank]`, strength included.
    pub up: Tensor,
}

/// Low-rank changes of one attention, one for each frame; row `r` of a batch is frame `r mod frames`.
#[derive(Clone, Debug, Default)]
pub struct LowRankSet {
    /// For the queries; empty for none.
    pub query: Vec<LowRank>,
    /// For the keys; empty for none.
    pub key: Vec<LowRank>,
    /// For the values; empty for none.
    pub value: Vec<LowRank>,
    /// For the output; empty for none.
    pub out: Vec<LowRank>,
}

impl LowRank {
    /// `x` of shape `[…, in]` to `[…, out]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let down = Linear { weight: self.down.clone(), bias: None };
        let up = Linear { weight: self.up.clone(), bias: None };
        up.forward(&down.forward(x)?)
    }
}

impl Attention {
    /// Loads `to_q`, `to_k`, `to_v` and `to_out.0`.
    pub fn load(
        source: &Source,
        width: usize,
        context_width: usize,
        heads: usize,
    ) -> Result<Self, NetworkError> {
        if heads == 0 || !width.is_multiple_of(heads) {
            return input_error(format!("a width of {width} does not split into {heads} heads"));
        }
        Ok(Self {
            query: Linear::load_without_bias(&source.under("to_q"), width, width)?,
            key: Linear::load_without_bias(&source.under("to_k"), context_width, width)?,
            value: Linear::load_without_bias(&source.under("to_v"), context_width, width)?,
            out: Linear::load(&source.under("to_out.0"), width, width)?,
            heads,
        })
    }

    /// `x` asks `context`, both `[rows, tokens, width]`.
    pub fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor, NetworkError> {
        self.forward_with(x, context, &[])
    }

    /// As [`Attention::forward`], with low-rank changes of the weights.
    pub fn forward_with(
        &self,
        x: &Tensor,
        context: &Tensor,
        changes: &[Arc<LowRankSet>],
    ) -> Result<Tensor, NetworkError> {
        let query = project(&self.query, x, changes.iter().map(|set| &set.query))?;
        let key = project(&self.key, context, changes.iter().map(|set| &set.key))?;
        let value = project(&self.value, context, changes.iter().map(|set| &set.value))?;
        let mixed = attend(&query, &key, &value, self.heads)?;
        project(&self.out, &mixed, changes.iter().map(|set| &set.out))
    }
}

fn project<'a>(
    layer: &Linear,
    x: &Tensor,
    changes: impl Iterator<Item = &'a Vec<LowRank>>,
) -> Result<Tensor, NetworkError> {
    let mut y = layer.forward(x)?;
    for frames in changes.filter(|frames| !frames.is_empty()) {
        y = (y + per_frame(frames, x)?)?;
    }
    Ok(y)
}

fn per_frame(frames: &[LowRank], x: &Tensor) -> Result<Tensor, NetworkError> {
    let (rows, tokens, width) = x.dims3()?;
    if let [only] = frames {
        return only.forward(x);
    }
    if !rows.is_multiple_of(frames.len()) {
        return input_error(format!("{rows} rows do not form groups of {} frames", frames.len()));
    }
    let grouped = x.reshape((rows / frames.len(), frames.len(), tokens, width))?;
    let added = |(frame, change): (usize, &LowRank)| {
        change.forward(&grouped.narrow(1, frame, 1)?.contiguous()?)
    };
    let added = frames.iter().enumerate().map(added).collect::<Result<Vec<_>, _>>()?;
    let joined = Tensor::cat(&added, 1)?;
    let width = joined.dim(3)?;
    Ok(joined.reshape((rows, tokens, width))?)
}
