//! The transformer of a CLIP text encoder.

use candle_core::{DType, Device, Tensor};

use super::error::TextError;
use crate::blocks::{LayerNorm, Linear, Source, attend_causally, gelu, quick_gelu};
use crate::checkpoint::{ClipConfig, ClipKind};
use crate::weights::Weights;

/// Added to the variance of the norms.
const EPS: f64 = 1e-5;

/// A CLIP text encoder (Radford et al. 2021, "Learning Transferable Visual Models From Natural
/// Language Supervision").
pub struct ClipEncoder {
    /// What it is.
    pub config: ClipConfig,
    tokens: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    final_norm: LayerNorm,
    projection: Option<Linear>,
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
    norm1: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    norm2: LayerNorm,
    inner: Linear,
    outer: Linear,
}

impl ClipEncoder {
    /// Reads an encoder from Hugging Face names (`text_model.…`).
    ///
    /// Weights are rounded to `held` and computed with in f32; those that a file has in half precision stay so
    /// on the CPU, which widens them as it uses them. ComfyUI holds the text encoders in f16 whatever the file's
    /// type.
    pub fn new(
        weights: &Weights,
        config: &ClipConfig,
        held: DType,
        device: &Device,
    ) -> Result<Self, TextError> {
        let source = &Source::new(weights, held, device);
        let (width, embeddings) = (config.width, "text_model.embeddings");
        let layer = |index| {
            let layer = source.under(format!("text_model.encoder.layers.{index}"));
            Layer::load(&layer, config)
        };
        let table = |name: &str, rows| {
            source.weight(&format!("{embeddings}.{name}_embedding.weight"), &[rows, width])
        };
        let projection = |to| {
            let source = &source.under("text_projection");
            Ok::<_, TextError>(computing(Linear::load_without_bias(source, width, to)?)?)
        };
        Ok(Self {
            config: config.clone(),
            tokens: table("token", config.vocabulary)?,
            positions: table("position", config.positions)?.to_dtype(DType::F32)?,
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            final_norm: norm(source, "text_model.final_layer_norm", width)?,
            projection: config.projection.map(projection).transpose()?,
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
        let mut xs = embedded.broadcast_add(&self.positions.narrow(0, 0, places)?)?;
        let stop = match stop {
            StopAt::FromEnd(n) => self.layers.len().checked_sub(n).filter(|_| n > 0),
            StopAt::Last => None,
        };
        let mut chosen = None;
        for (index, layer) in self.layers.iter().enumerate() {
            xs = layer.forward(&xs, &self.config)?;
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
        Ok(self.final_norm.forward(xs)?)
    }

    /// Takes a pooled vector `[1, width]` to the space shared with pictures.
    pub(super) fn project(&self, pooled: &Tensor) -> Result<Tensor, TextError> {
        match &self.projection {
            Some(projection) => Ok(projection.forward(pooled)?),
            None => Err(TextError::NoProjection),
        }
    }

    pub(super) fn device(&self) -> &Device {
        self.tokens.device()
    }
}

impl Layer {
    fn load(source: &Source, config: &ClipConfig) -> Result<Self, TextError> {
        let (width, inner) = (config.width, config.inner_width);
        let attention = |name: &str| linear(source, &format!("self_attn.{name}"), width, width);
        Ok(Self {
            norm1: norm(source, "layer_norm1", width)?,
            query: attention("q_proj")?,
            key: attention("k_proj")?,
            value: attention("v_proj")?,
            out: attention("out_proj")?,
            norm2: norm(source, "layer_norm2", width)?,
            inner: linear(source, "mlp.fc1", width, inner)?,
            outer: linear(source, "mlp.fc2", inner, width)?,
        })
    }

    fn forward(&self, xs: &Tensor, config: &ClipConfig) -> Result<Tensor, TextError> {
        let normed = self.norm1.forward(xs)?;
        let [query, key, value] =
            [&self.query, &self.key, &self.value].map(|projection| projection.forward(&normed));
        let seen = attend_causally(&query?, &key?, &value?, config.heads)?;
        let xs = (xs + self.out.forward(&seen)?)?;
        let inner = self.inner.forward(&self.norm2.forward(&xs)?)?;
        let inner = match config.kind {
            ClipKind::L => quick_gelu(&inner)?,
            ClipKind::BigG => gelu(&inner)?,
        };
        Ok((xs + self.outer.forward(&inner)?)?)
    }
}

/// Rounded to the type that weights are held in, then used as f32.
fn norm(source: &Source, key: &str, width: usize) -> Result<LayerNorm, TextError> {
    let read = |name: &str| -> Result<Tensor, TextError> {
        Ok(source.tensor(&format!("{key}.{name}"), &[width])?.to_dtype(DType::F32)?)
    };
    Ok(LayerNorm { weight: read("weight")?, bias: read("bias")?, eps: EPS })
}

fn linear(source: &Source, key: &str, from: usize, to: usize) -> Result<Linear, TextError> {
    Ok(computing(Linear::load(&source.under(key), from, to)?)?)
}

/// What computes in f32: the CPU's kernels widen weights while they use them, elsewhere they are wide.
fn computing(linear: Linear) -> candle_core::Result<Linear> {
    let weight = match linear.weight.device() {
        Device::Cpu => linear.weight,
        _ => linear.weight.to_dtype(DType::F32)?,
    };
    let bias = linear.bias.map(|bias| bias.to_dtype(DType::F32)).transpose()?;
    Ok(Linear { weight, bias })
}
