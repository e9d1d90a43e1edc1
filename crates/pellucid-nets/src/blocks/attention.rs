//! Softmax attention with a bounded working set.

use candle_core::{D, DType, Tensor};
use pellucid_kernels::ops;

use super::{NetworkError, input_error};

/// Scores held at a time, over all batch items and heads (64 MiB of f32).
const SCORE_BUDGET: usize = 1 << 24;

/// Multi-head attention: `softmax(q kᵀ / √d) v` for each head, `d` the width of a head.
///
/// `q` is `[b, n, heads·d]`, `k` and `v` are `[b, m, heads·d]`; the result has the shape of `q`. Queries
/// are taken in blocks whose number depends on the shapes alone, so the bits do not depend on threads.
pub fn attend(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor, NetworkError> {
    run(q, k, v, heads, false)
}

/// As [`attend`], but a query sees only the keys up to its own place.
pub fn attend_causally(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
) -> Result<Tensor, NetworkError> {
    run(q, k, v, heads, true)
}

fn run(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    causal: bool,
) -> Result<Tensor, NetworkError> {
    let (batch, queries, width) = q.dims3()?;
    let (key_batch, keys, key_width) = k.dims3()?;
    if heads == 0 || !width.is_multiple_of(heads) {
        return input_error(format!("a width of {width} does not split into {heads} heads"));
    }
    if key_batch != batch || key_width != width || v.dims() != k.dims() {
        return input_error(format!(
            "queries {:?}, keys {:?} and values {:?} do not fit together",
            q.dims(),
            k.dims(),
            v.dims()
        ));
    }
    if ops::serves(q) && ops::serves(k) && ops::serves(v) {
        let attention = if causal { ops::causal_attention } else { ops::attention };
        return Ok(attention(q, k, v, heads)?);
    }
    let scale = 1.0 / ((width / heads) as f64).sqrt();
    let q = (split_heads(q, heads)? * scale)?;
    let keys_across = split_heads(k, heads)?.transpose(1, 2)?;
    let v = split_heads(v, heads)?;

    let rows = (SCORE_BUDGET / (batch * heads * keys).max(1)).clamp(1, queries.max(1));
    let mut blocks = Vec::with_capacity(queries.div_ceil(rows));
    for start in (0..queries).step_by(rows) {
        let block = q.narrow(1, start, rows.min(queries - start))?.contiguous()?;
        let mut scores = block.matmul(&keys_across)?;
        if causal {
            scores = scores.broadcast_add(&unseen(start, scores.dims3()?, &scores)?)?;
        }
        let scores = softmax(&scores)?;
        blocks.push(scores.matmul(&v)?);
    }
    let joined = if blocks.len() == 1 { blocks.swap_remove(0) } else { Tensor::cat(&blocks, 1)? };
    let joined = joined.reshape((batch, heads, queries, width / heads))?.transpose(1, 2)?;
    Ok(joined.reshape((batch, queries, width))?)
}

/// What hides from queries, the first of them at `start`, the keys after their own places.
fn unseen(
    start: usize,
    (_, queries, keys): (usize, usize, usize),
    like: &Tensor,
) -> Result<Tensor, NetworkError> {
    let hidden = |index| if index % keys > start + index / keys { f32::NEG_INFINITY } else { 0.0 };
    let mask: Vec<f32> = (0..queries * keys).map(hidden).collect();
    Ok(Tensor::from_vec(mask, (queries, keys), like.device())?.to_dtype(like.dtype())?)
}

fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor, NetworkError> {
    let (batch, tokens, width) = x.dims3()?;
    let split = x.reshape((batch, tokens, heads, width / heads))?.transpose(1, 2)?;
    Ok(split.contiguous()?.reshape((batch * heads, tokens, width / heads))?)
}

/// Softmax over the last axis, computed in f32.
pub(crate) fn softmax(scores: &Tensor) -> candle_core::Result<Tensor> {
    let wide = scores.to_dtype(DType::F32)?;
    // The fast one has no gradient.
    let wide = if wide.track_op() {
        candle_nn::ops::softmax(&wide, D::Minus1)?
    } else {
        candle_nn::ops::softmax_last_dim(&wide)?
    };
    wide.to_dtype(scores.dtype())
}
