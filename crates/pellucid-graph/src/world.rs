//! All that comes from outside, as a trait: the host implements it twice, on a file system and in
//! memory.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pellucid_value::WeightContent;

/// What sort of file a name means; decides where it is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilePlace {
    /// A picture, relative to the graph file.
    Picture,
    /// Another graph, relative to the graph file.
    Graph,
    /// A graph offered as a kind, in the folders given for that.
    NamedGraph,
    /// Weights, in a model folder of this name (`checkpoints`, `vae`, ...).
    Weights(&'static str),
}

/// The folders of models that weights are looked up in; each is a sort of weights.
pub const WEIGHT_FOLDERS: &[&str] = &[
    "checkpoints",
    "diffusion_models",
    "text_encoders",
    "vae",
    "loras",
    "controlnet",
    "layer_model",
    "embeddings",
    "upscale_models",
    "depth",
];

/// What a file's content was when it was looked at: equal stamps mean equal content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp(pub u128);

/// A file that can be read from anywhere in it.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// All that comes from outside.
pub trait World: Send + Sync {
    /// Finds the file a graph means by a name. `base` is the folder of the graph file.
    ///
    /// # Errors
    /// When it is not there, or lies outside the folders that may be read.
    fn locate(&self, base: &Path, name: &str, place: FilePlace) -> Result<PathBuf, FileError>;

    /// Opens a file for a look at its header.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, FileError>;

    /// The whole file. Two reads within one round give the same bytes, and those the stamp is of.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, path: &Path) -> Result<Arc<[u8]>, FileError>;

    /// Where the content of a weight file is, and its length in bytes; a folder of weights counts
    /// the files below it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn weights(&self, path: &Path) -> Result<(WeightContent, u64), FileError>;

    /// The stamp of a file: of its content, or for weights of its size and time.
    ///
    /// # Errors
    /// When it cannot be read.
    fn stamp(&self, path: &Path, place: FilePlace) -> Result<Stamp, FileError>;

    /// The names of the graphs offered as kinds, sorted.
    fn graph_kinds(&self) -> Vec<String>;
}

/// Why a file could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What sort of trouble.
    pub reason: FileTrouble,
    /// Lower case, with the name as written.
    pub message: String,
    /// An action that would help.
    pub hint: Option<String>,
}

/// What sort of trouble a file makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTrouble {
    /// It is not there.
    Missing,
    /// It is there and may not be read.
    Denied,
    /// It lies outside the folders that may be read.
    Outside,
    /// Anything else.
    Other,
}

impl FileError {
    /// An error without a hint.
    pub fn new(reason: FileTrouble, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), hint: None }
    }

    /// The same error with an action that would help.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// True when what is named is not there or may not be read.
    pub fn is_missing(&self) -> bool {
        matches!(self.reason, FileTrouble::Missing | FileTrouble::Denied)
    }
}
