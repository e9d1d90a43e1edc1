//! What can go wrong between a prompt and its conditioning.

use std::fmt;

use crate::blocks::NetworkError;
use crate::weights::WeightsError;

/// A prompt that cannot be encoded.
#[derive(Debug)]
pub enum TextError {
    /// A weight file cannot be used.
    Weights(WeightsError),
    /// The tensor library refused.
    Tensor(candle_core::Error),
    /// A layer could not be loaded or run.
    Network(NetworkError),
    /// A file of word vectors holds none.
    NoVectors(String),
    /// A text encoder lacks its projection.
    NoProjection,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weights(error) => write!(f, "{error}"),
            Self::Tensor(error) => write!(f, "{error}"),
            Self::Network(error) => write!(f, "{error}"),
            Self::NoVectors(name) => write!(f, "there are no word vectors in {name}"),
            Self::NoProjection => write!(f, "the text encoder has no `text_projection.weight`"),
        }
    }
}

impl std::error::Error for TextError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Weights(error) => Some(error),
            Self::Tensor(error) => Some(error),
            Self::Network(error) => Some(error),
            Self::NoVectors(_) | Self::NoProjection => None,
        }
    }
}

impl From<WeightsError> for TextError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error)
    }
}

impl From<NetworkError> for TextError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<candle_core::Error> for TextError {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensor(error)
    }
}
