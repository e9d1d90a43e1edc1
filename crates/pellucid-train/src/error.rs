//! Why training cannot start or go on.

use std::fmt;
use std::path::{Path, PathBuf};

use pellucid_nets::WeightsError;
use pellucid_nets::blocks::NetworkError;
use pellucid_nets::text::TextError;

/// Why training cannot start or go on.
#[derive(Debug)]
pub enum TrainError {
    /// The configuration is wrong; the text says where and what would do.
    Config(String),
    /// A file could not be read or written.
    File(PathBuf, std::io::Error),
    /// A saved state or a model is not what it should be.
    State(PathBuf, String),
    /// The pictures to train on are not usable; the text lists them.
    Data(String),
    /// A network does not fit its weights or its input.
    Network(NetworkError),
    /// The text encoder refused a caption.
    Text(TextError),
    /// The tensor library refused an operation.
    Compute(Box<candle_core::Error>),
    /// Somebody asked for an end before there was anything to save.
    Stopped,
    /// The loss is not a number any more.
    Diverged {
        /// The step at which it happened.
        step: u64,
    },
}

impl TrainError {
    /// An I/O error on a named file.
    pub fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File(path.into(), error)
    }
}

impl fmt::Display for TrainError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(text) | Self::Data(text) => write!(out, "{text}"),
            Self::File(path, error) => write!(out, "{}: {error}", path.display()),
            Self::State(path, text) => write!(out, "{}: {text}", path.display()),
            Self::Network(error) => write!(out, "{error}"),
            Self::Text(error) => write!(out, "{error}"),
            Self::Compute(error) => write!(out, "{error}"),
            Self::Stopped => write!(out, "stopped"),
            Self::Diverged { step } => write!(
                out,
                "the loss is not a number at step {step}; the last saved state is unharmed: lower the learning rate"
            ),
        }
    }
}

impl std::error::Error for TrainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Network(error) => Some(error),
            Self::Text(error) => Some(error),
            Self::Compute(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl From<NetworkError> for TrainError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<WeightsError> for TrainError {
    fn from(error: WeightsError) -> Self {
        Self::Network(NetworkError::Weights(error))
    }
}

impl From<TextError> for TrainError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl From<candle_core::Error> for TrainError {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(Box::new(error))
    }
}
