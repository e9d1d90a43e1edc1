//! Weight files as values refer to them: by name and stamp, opened by whoever computes with them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A weight file that a graph names. Nothing of it is in memory.
#[derive(Clone)]
pub struct WeightFile {
    /// The name as written in the graph.
    pub name: Arc<str>,
    /// What its content was when it was looked at: equal stamps mean equal content.
    pub stamp: u128,
    /// Its length in bytes.
    pub bytes: u64,
    /// Where its content is.
    pub content: WeightContent,
}

/// Where the content of a weight file is.
#[derive(Clone)]
pub enum WeightContent {
    /// In a file that can be mapped into memory.
    Path(Arc<Path>),
    /// In memory.
    Memory(Arc<[u8]>),
}

impl PartialEq for WeightFile {
    fn eq(&self, other: &Self) -> bool {
        self.stamp == other.stamp
    }
}

impl Eq for WeightFile {}

impl fmt::Debug for WeightFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.stamp)
    }
}
