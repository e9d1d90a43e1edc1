//! Textual inversion: vectors that stand in for the embeddings of words.

use std::sync::Arc;

use candle_core::Tensor;

use super::error::TextError;
use crate::checkpoint::ClipKind;
use crate::weights::Weights;

/// The vectors of one name.
#[derive(Clone, Debug)]
pub struct Inversion {
    l: Tensor,
    g: Tensor,
}

/// Where the vectors of a name are found.
pub trait FindInversion {
    /// The vectors of a name as it stands in a prompt; `None` if there are none.
    ///
    /// A name without a suffix also means the files with one of [`Inversion::SUFFIXES`].
    fn find(&self, name: &str) -> Result<Option<Arc<Inversion>>, TextError>;
}

/// A place where no vectors are found; names in prompts are still names.
pub struct NoInversions;

impl FindInversion for NoInversions {
    fn find(&self, _name: &str) -> Result<Option<Arc<Inversion>>, TextError> {
        Ok(None)
    }
}

impl Inversion {
    /// Suffixes that are tried after the name as it stands, in this order.
    pub const SUFFIXES: [&str; 3] = [".safetensors", ".pt", ".bin"];

    /// Reads the vectors in a file.
    ///
    /// Files of older trainers have one set for whatever encoder there is; it is given for both.
    pub fn read(weights: &Weights) -> Result<Self, TextError> {
        let vectors = |kind| match key_of(weights, kind) {
            Some(key) => as_rows(weights.plain(&key)?, &key),
            None => Err(TextError::NoVectors("the file".to_owned())),
        };
        Ok(Self { l: vectors(ClipKind::L)?, g: vectors(ClipKind::BigG)? })
    }

    /// The vectors for an encoder, `[vectors, width]`; the width may be that of another encoder.
    pub fn vectors(&self, kind: ClipKind) -> &Tensor {
        match kind {
            ClipKind::L => &self.l,
            ClipKind::BigG => &self.g,
        }
    }
}

fn key_of(weights: &Weights, kind: ClipKind) -> Option<String> {
    let own = match kind {
        ClipKind::L => "clip_l",
        ClipKind::BigG => "clip_g",
    };
    let first = |prefix: &str| weights.keys().find(|key| key.starts_with(prefix));
    first("string_to_param.")
        .or_else(|| weights.has(own).then_some(own))
        .or_else(|| first("bundle_emb."))
        .or_else(|| weights.keys().next())
        .map(str::to_owned)
}

fn as_rows(tensor: Tensor, key: &str) -> Result<Tensor, TextError> {
    match tensor.dims() {
        [_] => Ok(tensor.unsqueeze(0)?),
        [_, _] => Ok(tensor),
        _ => Err(TextError::NoVectors(format!("`{key}`"))),
    }
}
