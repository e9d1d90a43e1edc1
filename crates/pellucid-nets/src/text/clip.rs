//! The transformer of a CLIP text encoder.

use candle_core::{D, DType, Device, Tensor};

use super::error::TextError;
use crate::blocks::softmax;
use crate::checkpoint::{ClipConfig, ClipKind};
use crate::weights::{Weights, WeightsError};

/// A CLIP text encoder (Radford et al. 2021, "Learning Transferable Visual Models From Natural
/// Language Supervision").
pub struct ClipEncoder {
    /// What it is.
    pub config: ClipConfig,
    tokens: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    final_norm: Norm,
    projection: Option<Tensor>,
}

/// Which layer's output is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopAt {
    /// The last one's, normalised.
    Last,
    /// The one's that is so many before the end: 1 is the last, 2 the last but one.
    ///
    /// More than there are layers means [`StopAt::Last`].
    FromEnd(usize),
}

/// What the transformer gives for a batch of windows.
pub(super) struct Hidden {
    /// The output of the chosen layer, before the final norm.
    pub(super) chosen: Tensor,
    /// Whether a chosen layer is the final norm's output already.
    pub(super) is_normalised: bool,
    /// The output of the last layer after the final norm.
    pub(super) last: Tensor,
}

struct Layer {
    norm1: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    norm2: Norm,
    inner: Linear,
    outer: Linear,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
}

struct Linear {
    /// `[in, out]`.
    weight: Tensor,
    bias: Tensor,
}

/// From weights to tensors: the type they are held in, then the one they are computed in.
struct Loader<'a> {
    weights: &'a Weights,
    held: DType,
    device: &'a Device,
}

impl ClipEncoder {
    /// Reads an encoder from Hugging Face names (`text_model.…`).
    ///
    /// Weights are rounded to `held` and computed with in f32. ComfyUI holds the text encoders in
    /// f16 whatever the file's type.
    pub fn new(
        weights: &Weights,
        config: &ClipConfig,
        held: DType,
        device: &Device,
    ) -> Result<Self, TextError> {
        let loader = Loader { weights, held, device };
        let (width, embeddings) = (config.width, "text_model.embeddings");
        let layer = |index| Layer::new(&loader, config, index);
        let projection = "text_projection.weight";
        Ok(Self {
            config: config.clone(),
            tokens: weights.tensor(
                &format!("{embeddings}.token_embedding.weight"),
                &[config.vocabulary, width],
                held,
                device,
            )?,
            positions: loader.read(
                &format!("{embeddings}.position_embedding.weight"),
                &[config.positions, width],
            )?,
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            final_norm: loader.norm("text_model.final_layer_norm", width)?,
            projection: match config.projection {
                Some(to) => Some(loader.read(projection, &[to, width])?.t()?.contiguous()?),
                None => None,
            },
        })
    }

    /// The embeddings of tokens, `[tokens, width]`, without their positions.
    ///
    /// An id that is not in the vocabulary is an error.
    pub(super) fn embed(&self, ids: &[u32]) -> Result<Tensor, TextError> {
        let ids = Tensor::new(ids, self.tokens.device())?;
        Ok(self.tokens.index_select(&ids, 0)?.to_dtype(DType::F32)?)
    }

    /// Runs the transformer on `[windows, places, width]` embeddings.
    pub(super) fn forward(&self, embedded: &Tensor, stop: StopAt) -> Result<Hidden, TextError> {
        let places = embedded.dim(1)?;
        let mask = causal_mask(places, embedded.device())?;
        let mut xs = embedded.broadcast_add(&self.positions.narrow(0, 0, places)?)?;
        let stop = match stop {
            StopAt::FromEnd(n) => self.layers.len().checked_sub(n).filter(|_| n > 0),
            StopAt::Last => None,
        };
        let mut chosen = None;
        for (index, layer) in self.layers.iter().enumerate() {
            xs = layer.forward(&xs, &mask, &self.config)?;
            if stop == Some(index) {
                chosen = Some(xs.clone());
            }
        }
        let last = self.final_norm.forward(&xs)?;
        let is_normalised = chosen.is_none();
        Ok(Hidden { chosen: chosen.unwrap_or_else(|| last.clone()), is_normalised, last })
    }

    /// Encodes windows of tokens of equal length at once: `[windows, places, width]`, the last layer,
    /// normalised. Weights of words and textual inversions are not its business, see `encode_sd15`.
    pub fn encode_windows(&self, windows: &[Vec<u32>]) -> Result<Tensor, TextError> {
        let rows = windows.iter().map(|ids| self.embed(ids)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.forward(&Tensor::stack(&rows, 0)?, StopAt::Last)?.last)
    }

    /// The final norm, for an output that has not been through it.
    pub(super) fn normalise(&self, xs: &Tensor) -> Result<Tensor, TextError> {
        self.final_norm.forward(xs)
    }

    /// Takes a pooled vector `[1, width]` to the space shared with pictures.
    pub(super) fn project(&self, pooled: &Tensor) -> Result<Tensor, TextError> {
        match &self.projection {
            Some(projection) => Ok(pooled.matmul(projection)?),
            None => Err(TextError::NoProjection),
        }
    }

    pub(super) fn device(&self) -> &Device {
        self.tokens.device()
    }
}

impl Layer {
    fn new(loader: &Loader<'_>, config: &ClipConfig, index: usize) -> Result<Self, TextError> {
        let key = format!("text_model.encoder.layers.{index}");
        let (width, inner) = (config.width, config.inner_width);
        let projection =
            |name: &str| loader.linear(&format!("{key}.self_attn.{name}"), width, width);
        Ok(Self {
            norm1: loader.norm(&format!("{key}.layer_norm1"), width)?,
            query: projection("q_proj")?,
            key: projection("k_proj")?,
            value: projection("v_proj")?,
            out: projection("out_proj")?,
            norm2: loader.norm(&format!("{key}.layer_norm2"), width)?,
            inner: loader.linear(&format!("{key}.mlp.fc1"), width, inner)?,
            outer: loader.linear(&format!("{key}.mlp.fc2"), inner, width)?,
        })
    }

    fn forward(
        &self,
        xs: &Tensor,
        mask: &Tensor,
        config: &ClipConfig,
    ) -> Result<Tensor, TextError> {
        let xs = (xs + self.attend(&self.norm1.forward(xs)?, mask, config.heads)?)?;
        let inner = self.inner.forward(&self.norm2.forward(&xs)?)?;
        let inner = match config.kind {
            ClipKind::L => (&inner * candle_nn::ops::sigmoid(&inner.affine(1.702, 0.0)?)?)?,
            // `Tensor::gelu` is the tanh approximation.
            ClipKind::BigG => inner.gelu_erf()?,
        };
        Ok((xs + self.outer.forward(&inner)?)?)
    }

    fn attend(&self, xs: &Tensor, mask: &Tensor, heads: usize) -> Result<Tensor, TextError> {
        let (batch, places, width) = xs.dims3()?;
        let head_width = width / heads;
        let split = |projection: &Linear| -> Result<Tensor, TextError> {
            let ys = projection.forward(xs)?.reshape((batch, places, heads, head_width))?;
            Ok(ys.transpose(1, 2)?.contiguous()?)
        };
        let query = split(&self.query)?.affine((head_width as f64).powf(-0.5), 0.0)?;
        let key = split(&self.key)?.transpose(2, 3)?.contiguous()?;
        let logits = query.matmul(&key)?.broadcast_add(mask)?;
        let seen = softmax(&logits)?.matmul(&split(&self.value)?)?;
        self.out.forward(&seen.transpose(1, 2)?.reshape((batch, places, width))?)
    }
}

impl Norm {
    /// Layer norm over the last axis, the variance from centred values.
    fn forward(&self, xs: &Tensor) -> Result<Tensor, TextError> {
        let centred = xs.broadcast_sub(&xs.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let scaled = centred.broadcast_div(&variance.affine(1.0, 1e-5)?.sqrt()?)?;
        Ok(scaled.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)?)
    }
}

impl Linear {
    fn forward(&self, xs: &Tensor) -> Result<Tensor, TextError> {
        let (batch, places, width) = xs.dims3()?;
        let ys = xs.reshape((batch * places, width))?.matmul(&self.weight)?;
        Ok(ys.broadcast_add(&self.bias)?.reshape((batch, places, ()))?)
    }
}

impl Loader<'_> {
    fn read(&self, key: &str, shape: &[usize]) -> Result<Tensor, TextError> {
        let tensor: Result<Tensor, WeightsError> =
            self.weights.tensor(key, shape, self.held, self.device);
        Ok(tensor?.to_dtype(DType::F32)?)
    }

    fn norm(&self, key: &str, width: usize) -> Result<Norm, TextError> {
        Ok(Norm {
            weight: self.read(&format!("{key}.weight"), &[width])?,
            bias: self.read(&format!("{key}.bias"), &[width])?,
        })
    }

    fn linear(&self, key: &str, from: usize, to: usize) -> Result<Linear, TextError> {
        let weight = self.read(&format!("{key}.weight"), &[to, from])?;
        Ok(Linear {
            weight: weight.t()?.contiguous()?,
            bias: self.read(&format!("{key}.bias"), &[to])?,
        })
    }
}

/// Hides from every place those after it.
fn causal_mask(places: usize, device: &Device) -> Result<Tensor, TextError> {
    let hidden = |index| if index % places > index / places { f32::MIN } else { 0.0 };
    let mask: Vec<f32> = (0..places * places).map(hidden).collect();
    Ok(Tensor::from_vec(mask, (places, places), device)?)
}
