//! Attention.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::storage::{floats, with_floats};
use crate::attention::{Heads, attention as attend, attention_gradients};

/// `softmax(q kᵀ / √d) v` for each head: `q` is `[batch, queries, heads · d]`, `k` and `v` are `[batch, keys,
/// heads · d]`; see [`attend`]. The backward pass computes the scores again, a few queries at a time.
///
/// # Errors
///
/// If the shapes do not fit together.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor> {
    let how = Attention { heads, causal: false };
    q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, how)
}

/// As [`attention`], but a query sees only the keys up to its own place.
///
/// # Errors
///
/// If the shapes do not fit together.
pub fn causal_attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor> {
    let how = Attention { heads, causal: true };
    q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, how)
}

#[derive(Clone, Copy)]
struct Attention {
    heads: usize,
    causal: bool,
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
        Ok(Heads { batch, queries, keys, heads, width: row / heads, causal: self.causal })
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
        let gradients = with_floats(q, |q| {
            with_floats(k, |k| {
                with_floats(v, |v| {
                    with_floats(result, |result| {
                        with_floats(slope, |slope| {
                            Ok(attention_gradients(sizes, [q, k, v], result, slope))
                        })
                    })
                })
            })
        })?;
        let [of_q, of_k, of_v] = gradients;
        let tensor = |values, like: &Tensor| Tensor::from_vec(values, like.shape(), like.device());
        Ok((Some(tensor(of_q, q)?), Some(tensor(of_k, k)?), Some(tensor(of_v, v)?)))
    }
}
