//! Attention.

use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor, bail};

use super::storage::floats;
use crate::attention::{Heads, attention as attend};

/// Scores that a backward pass holds at a time, over all batch items and heads.
const SCORE_BUDGET: usize = 1 << 22;

/// `softmax(q kᵀ / √d) v` for each head: `q` is `[batch, queries, heads · d]`, `k` and `v` are `[batch, keys,
/// heads · d]`; see [`attend`]. The backward pass computes the scores again, some queries at a time.
///
/// # Errors
///
/// If the shapes do not fit together.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor> {
    q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, Attention { heads })
}

#[derive(Clone, Copy)]
struct Attention {
    heads: usize,
}

impl Attention {
    fn sizes(self, q: &Shape, k: &Shape, v: &Shape) -> Result<Heads> {
        let ((batch, queries, row), (key_batch, keys, key_row)) = (q.dims3()?, k.dims3()?);
        let heads = self.heads;
        if heads == 0 || row % heads != 0 || (batch, row) != (key_batch, key_row) || k != v {
            bail!(
                "{heads} heads of queries {q:?}, keys {k:?} and values {v:?} do not fit together"
            );
        }
        Ok(Heads { batch, queries, keys, heads, width: row / heads })
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let sizes = self.sizes(q_layout.shape(), k_layout.shape(), v_layout.shape())?;
        let (q, k, v) = (floats(q, q_layout)?, floats(k, k_layout)?, floats(v, v_layout)?);
        Ok((CpuStorage::F32(attend(sizes, q, k, v)), q_layout.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        result: &Tensor,
        slope: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let sizes = self.sizes(q.shape(), k.shape(), v.shape())?;
        let Heads { batch, queries, keys, heads, width } = sizes;
        let scale = 1.0 / (width as f64).sqrt();
        let [q, k, v, result, slope] = [q, k, v, result, slope].map(|x| split(x, heads));
        let (q, k, v, result, slope) = ((q? * scale)?, k?, v?, result?, slope?);
        let (k_across, v_across) = (k.transpose(1, 2)?, v.transpose(1, 2)?);
        // How much each query's weights would all grow, were they not normalised.
        let common = (&result * &slope)?.sum_keepdim(D::Minus1)?;
        let (mut of_k, mut of_v) = (k.zeros_like()?, v.zeros_like()?);
        let mut of_q = Vec::new();
        let rows = (SCORE_BUDGET / (batch * heads * keys).max(1)).clamp(1, queries.max(1));
        for start in (0..queries).step_by(rows) {
            let block = |x: &Tensor| x.narrow(1, start, rows.min(queries - start))?.contiguous();
            let (q, slope) = (block(&q)?, block(&slope)?);
            let scores = q.matmul(&k_across)?;
            let exponentials = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
            let weights = exponentials.broadcast_div(&exponentials.sum_keepdim(D::Minus1)?)?;
            of_v = (of_v + weights.transpose(1, 2)?.matmul(&slope)?)?;
            let of_weights = slope.matmul(&v_across)?;
            let of_scores = (weights * of_weights.broadcast_sub(&block(&common)?)?)?;
            of_q.push((of_scores.matmul(&k)? * scale)?);
            of_k = (of_k + of_scores.transpose(1, 2)?.matmul(&q)?)?;
        }
        let of_q = Tensor::cat(&of_q, 1)?;
        let [of_q, of_k, of_v] = [of_q, of_k, of_v].map(|x| join(&x, heads));
        Ok((Some(of_q?), Some(of_k?), Some(of_v?)))
    }
}

/// `[b, n, heads · d]` to `[b · heads, n, d]`.
fn split(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, tokens, row) = x.dims3()?;
    let split = x.reshape((batch, tokens, heads, row / heads))?.transpose(1, 2)?;
    split.contiguous()?.reshape((batch * heads, tokens, row / heads))
}

/// Takes [`split`] back.
fn join(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (rows, tokens, width) = x.dims3()?;
    let joined = x.reshape((rows / heads, heads, tokens, width))?.transpose(1, 2)?;
    joined.contiguous()?.reshape((rows / heads, tokens, heads * width))
}
