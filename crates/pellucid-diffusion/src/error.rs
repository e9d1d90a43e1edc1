//! What can go wrong between a recipe and a picture.

use std::fmt;
use std::sync::Arc;

use pellucid_nets::blocks::NetworkError;
use pellucid_nets::sample::SampleError;
use pellucid_nets::text::TextError;
use pellucid_nets::weights::WeightsError;

/// Why something could not be loaded or computed.
#[derive(Debug)]
pub enum DiffusionError {
    /// A weight file cannot be used.
    Weights(WeightsError),
    /// A network could not be loaded or run.
    Network(NetworkError),
    /// A prompt could not be encoded.
    Text(TextError),
    /// A sampler could not go on.
    Sample(SampleError),
    /// The tensor library refused.
    Tensor(candle_core::Error),
    /// Parts that do not fit together, in words.
    Unfit(String),
    /// A network gave numbers that are NaN or infinite.
    NotFinite {
        /// Which network, or what was done with it.
        what: &'static str,
        /// The names of the files that took part.
        files: Vec<Arc<str>>,
    },
    /// The work was no longer wanted.
    Cancelled,
}

impl fmt::Display for DiffusionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weights(error) => write!(f, "{error}"),
            Self::Network(error) => write!(f, "{error}"),
            Self::Text(error) => write!(f, "{error}"),
            Self::Sample(error) => write!(f, "{error}"),
            Self::Tensor(error) => write!(f, "{error}"),
            Self::Unfit(text) => write!(f, "{text}"),
            Self::NotFinite { what, files } => {
                let files: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
                write!(
                    f,
                    "{what} gave numbers that are not finite; it is made of {}",
                    files.join(", ")
                )
            }
            Self::Cancelled => write!(f, "cancelled"),
        }
    }
}

impl std::error::Error for DiffusionError {}

impl From<WeightsError> for DiffusionError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error)
    }
}

impl From<NetworkError> for DiffusionError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<TextError> for DiffusionError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl From<candle_core::Error> for DiffusionError {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensor(error)
    }
}

impl From<SampleError> for DiffusionError {
    fn from(error: SampleError) -> Self {
        match error {
            SampleError::Cancelled => Self::Cancelled,
            SampleError::Other(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(inner) => Self::Sample(SampleError::Other(inner)),
            },
            error => Self::Sample(error),
        }
    }
}

/// An error on its way through a sampler, which comes out again as what it was.
pub(crate) fn through_sampler(error: DiffusionError) -> SampleError {
    match error {
        DiffusionError::Cancelled => SampleError::Cancelled,
        error => SampleError::Other(Box::new(error)),
    }
}

/// Parts that do not fit together, in words.
pub(crate) fn unfit<T>(text: impl Into<String>) -> Result<T, DiffusionError> {
    Err(DiffusionError::Unfit(text.into()))
}
