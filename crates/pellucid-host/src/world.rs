//! All that comes from outside: on a file system, and in memory for tests.

mod files;
mod memory;

use std::collections::BTreeSet;
use std::path::PathBuf;

use pellucid_graph::World;

pub use files::FileWorld;
pub use memory::MemoryWorld;

/// Where files are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// The folder that pictures and graphs may not lie outside of.
    pub root: PathBuf,
    /// Folders whose graphs are offered as kinds.
    pub nodes: Vec<PathBuf>,
    /// Folders of models, in the order they are searched.
    pub models: Vec<PathBuf>,
}

/// A world with memory: it knows what it was asked for, and can be told that files changed.
pub trait HostWorld: World {
    /// Every path that was looked at since the last [`HostWorld::next_round`], also those that
    /// were not there.
    fn touched(&self) -> BTreeSet<PathBuf>;

    /// Begins a round: what changed since is read afresh, what did not keeps its stamp.
    fn next_round(&self);

    /// Frees the bytes of files that were read; their stamps stay.
    fn end_round(&self);
}
