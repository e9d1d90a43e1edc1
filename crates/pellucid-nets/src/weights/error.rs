//! What can be wrong with a weight file or a tensor in it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Part, StoredType};

/// A weight file, or a tensor in it, that cannot be used.
#[derive(Debug)]
pub struct WeightsError {
    /// The file; `None` for tensors that never were in one.
    pub file: Option<PathBuf>,
    /// The full key of the tensor; `None` where the whole file is meant.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: Box<Problem>,
}

/// What is wrong with a weight file or a tensor.
#[derive(Debug)]
pub enum Problem {
    /// The file cannot be read.
    Io(std::io::Error),
    /// The file is shorter than its header says.
    Truncated {
        /// Bytes there should be at least.
        needed: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The header is longer than any real one, in bytes.
    HeaderTooLong(u64),
    /// The header is not the JSON it should be.
    Header(String),
    /// The file is a pickle, or something else that is not safetensors.
    Format(String),
    /// The element type is none we read.
    ElementType(String),
    /// Whole numbers where a network has floating-point ones.
    WholeNumbers(StoredType),
    /// The same key twice in one header.
    Duplicate,
    /// Offsets that run backwards, overlap another tensor or disagree with shape and type.
    Offsets(String),
    /// No tensor of that name.
    Missing,
    /// Another shape than the network needs.
    Shape {
        /// What the network needs.
        expected: Vec<usize>,
        /// What the file has.
        found: Vec<usize>,
    },
    /// A change of layout that the tensor's shape does not allow.
    Part(Part),
    /// A patch that does not fit, in words.
    Patch(String),
    /// A tensor of a patch cannot be read.
    Operand(Box<WeightsError>),
    /// An error of the tensor library.
    Tensor(candle_core::Error),
}

impl WeightsError {
    pub(crate) fn new(file: Option<PathBuf>, key: Option<String>, problem: Problem) -> Self {
        Self { file, key, problem: Box::new(problem) }
    }

    pub(crate) fn of_file(file: &Path, problem: Problem) -> Self {
        Self::new(Some(file.to_owned()), None, problem)
    }
}

impl fmt::Display for WeightsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        if let Some(key) = &self.key {
            write!(f, "`{key}`: ")?;
        }
        self.problem.fmt(f)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Truncated { needed, found } => {
                write!(f, "the file is cut off: {found} bytes of at least {needed}")
            }
            Self::HeaderTooLong(length) => {
                write!(f, "not a safetensors file: a header of {length} bytes")
            }
            Self::Header(why) => write!(f, "broken safetensors header: {why}"),
            Self::Format(why) => write!(f, "{why}"),
            Self::ElementType(name) => write!(f, "unknown element type `{name}`"),
            Self::WholeNumbers(dtype) => {
                write!(f, "expected floating-point numbers, found {dtype:?}")
            }
            Self::Duplicate => write!(f, "the key is there twice"),
            Self::Offsets(why) => write!(f, "broken offsets: {why}"),
            Self::Missing => write!(f, "no such tensor"),
            Self::Shape { expected, found } => {
                write!(f, "expected shape {expected:?}, found {found:?}")
            }
            Self::Part(part) => write!(f, "the shape allows no {part:?}"),
            Self::Patch(why) => write!(f, "{why}"),
            Self::Operand(error) => write!(f, "its patch cannot be read: {error}"),
            Self::Tensor(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for WeightsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.problem {
            Problem::Io(error) => Some(error),
            Problem::Tensor(error) => Some(error),
            Problem::Operand(error) => Some(error),
            _ => None,
        }
    }
}

impl From<candle_core::Error> for Problem {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensor(error)
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
