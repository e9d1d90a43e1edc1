//! What can go wrong in a network: missing weights, inputs that do not fit, a failed operation.

use std::fmt;

use crate::weights::WeightsError;

/// Why a network could not be loaded or run.
#[derive(Debug)]
pub enum NetworkError {
    /// A tensor is missing from the weights or has another shape than the network needs.
    Weights(WeightsError),
    /// An input does not fit the network; the text names the input, what it is and what was wanted.
    Input(String),
    /// The tensor library refused an operation.
    Compute(Box<candle_core::Error>),
}

/// An [`NetworkError::Input`] with the given text.
pub(crate) fn input_error<T>(text: impl Into<String>) -> Result<T, NetworkError> {
    Err(NetworkError::Input(text.into()))
}

impl fmt::Display for NetworkError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weights(error) => write!(out, "{error}"),
            Self::Input(text) => write!(out, "{text}"),
            Self::Compute(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for NetworkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Weights(error) => Some(error),
            Self::Input(_) => None,
            Self::Compute(error) => Some(error.as_ref()),
        }
    }
}

impl From<WeightsError> for NetworkError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error)
    }
}

impl From<candle_core::Error> for NetworkError {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(Box::new(error))
    }
}
