//! What can end a run.

use std::error::Error;
use std::fmt;

/// Why a run ended without a latent.
#[derive(Debug)]
pub enum SampleError {
    /// Somebody asked it to stop.
    Cancelled,
    /// The levels do not fall strictly, or are not finite and positive before the last.
    Sigmas(Vec<f32>),
    /// A tensor of the run has another shape than the latent.
    Shape {
        /// Which tensor.
        what: &'static str,
        /// Its shape.
        got: Vec<usize>,
        /// The latent's shape.
        wanted: Vec<usize>,
    },
    /// The sampler needs the unconditional answer and the model gave none.
    NoUncond,
    /// The sampler chooses its steps by the error it makes, and that is not finite.
    Diverged {
        /// The level it had come to.
        sigma: f32,
    },
    /// A tensor operation failed.
    Tensor(candle_core::Error),
    /// The model or the observer failed.
    Other(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(f, "sampling was cancelled"),
            Self::Sigmas(sigmas) => {
                write!(f, "sigmas must fall strictly, with only the last at zero: {sigmas:?}")
            }
            Self::Shape { what, got, wanted } => {
                write!(f, "the {what} has shape {got:?}, the latent {wanted:?}")
            }
            Self::NoUncond => write!(f, "this sampler needs the answer to the negative prompt"),
            Self::Diverged { sigma } => {
                write!(f, "the model's answers stopped being finite at sigma {sigma}")
            }
            Self::Tensor(error) => write!(f, "{error}"),
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}

impl Error for SampleError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Tensor(error) => error.source(),
            Self::Other(error) => error.source(),
            _ => None,
        }
    }
}

impl From<candle_core::Error> for SampleError {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensor(error)
    }
}
