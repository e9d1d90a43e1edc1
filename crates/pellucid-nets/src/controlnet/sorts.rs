//! What a union ControlNet knows of the sort of picture it looks at.
//!
//! Xinsir's ControlNet++ serves several sorts of pictures. Which one it is given enters twice: beside the time, as
//! sinusoids of a zero or one for every sort, and in the picture's features, to which a transformer adds one vector
//! made of their mean and the sort's own. As in ComfyUI there is one picture, so the transformer's attention has one
//! token and is what it makes of that token's value.

use candle_core::{DType, IndexOp, Tensor};

use crate::blocks::{
    LayerNorm, Linear, NetworkError, Source, input_error, quick_gelu, silu, sinusoids,
};
use crate::checkpoint::SORT_SINUSOIDS;

/// Added to the variance of the norms.
const EPS: f64 = 1e-5;

/// The part of a union ControlNet that makes it one.
pub(super) struct Sorts {
    count: usize,
    /// The type of everything but the weights.
    dtype: DType,
    embeddings: Tensor,
    norm1: LayerNorm,
    value: Linear,
    out: Linear,
    norm2: LayerNorm,
    inner: Linear,
    outer: Linear,
    to_features: Linear,
    first: Linear,
    second: Linear,
}

impl Sorts {
    /// Loads `task_embedding`, `transformer_layes`, `spatial_ch_projs` and `control_add_embedding` for `count` sorts;
    /// features have `width` channels, the time embedding `time_width`.
    pub(super) fn load(
        source: &Source,
        count: usize,
        width: usize,
        time_width: usize,
    ) -> Result<Self, NetworkError> {
        let block = &source.under("transformer_layes.0");
        let projections = Linear::load(&block.under("attn.in_proj"), width, 3 * width)?;
        let third = |x: &Tensor| x.narrow(0, 2 * width, width)?.contiguous();
        let bias = projections.bias.as_ref().map(third).transpose()?;
        let add = source.under("control_add_embedding");
        Ok(Self {
            count,
            dtype: source.activations(),
            embeddings: source.tensor("task_embedding", &[count, width])?,
            norm1: LayerNorm::load(&block.under("ln_1"), width, EPS)?,
            value: Linear { weight: third(&projections.weight)?, bias },
            out: Linear::load(&block.under("attn.out_proj"), width, width)?,
            norm2: LayerNorm::load(&block.under("ln_2"), width, EPS)?,
            inner: Linear::load(&block.under("mlp.c_fc"), width, 4 * width)?,
            outer: Linear::load(&block.under("mlp.c_proj"), 4 * width, width)?,
            to_features: Linear::load(&source.under("spatial_ch_projs"), width, width)?,
            first: Linear::load(&add.under("linear_1"), count * SORT_SINUSOIDS, time_width)?,
            second: Linear::load(&add.under("linear_2"), time_width, time_width)?,
        })
    }

    /// What is added to the time embedding, `[1, time width]`; `None` is a picture of no named sort.
    pub(super) fn beside_time(&self, sort: Option<usize>) -> Result<Tensor, NetworkError> {
        if let Some(sort) = sort.filter(|sort| *sort >= self.count) {
            let count = self.count;
            return input_error(format!("there is no sort {sort} of pictures among {count}"));
        }
        let is_it: Vec<f32> =
            (0..self.count).map(|at| if Some(at) == sort { 1.0 } else { 0.0 }).collect();
        let device = self.embeddings.device();
        let known = sinusoids(&is_it, SORT_SINUSOIDS, device)?.reshape((1, ()))?;
        let known = known.to_dtype(self.dtype)?;
        self.second.forward(&silu(&self.first.forward(&known)?)?)
    }

    /// The features `[b, c, h, w]` of a picture of that sort.
    pub(super) fn merge(&self, features: &Tensor, sort: usize) -> Result<Tensor, NetworkError> {
        let wide = features.to_dtype(DType::F32)?;
        let mean = wide.mean_keepdim(3)?.mean_keepdim(2)?.squeeze(3)?.squeeze(2)?;
        let its = self.embeddings.i(sort)?.to_dtype(DType::F32)?;
        let token = mean.broadcast_add(&its)?.to_dtype(features.dtype())?;
        let seen = self.out.forward(&self.value.forward(&self.norm1.forward(&token)?)?)?;
        let token = (token + seen)?;
        let inner = quick_gelu(&self.inner.forward(&self.norm2.forward(&token)?)?)?;
        let token = (token + self.outer.forward(&inner)?)?;
        let added = self.to_features.forward(&token)?.unsqueeze(2)?.unsqueeze(3)?;
        Ok(features.broadcast_add(&added)?)
    }
}
