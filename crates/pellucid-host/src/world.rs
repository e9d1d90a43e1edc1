//! All that comes from outside: on a file system, and in memory for tests.

mod extra_paths;
mod files;
mod memory;
pub mod models;

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pellucid_graph::World;

pub(crate) use extra_paths::extra_folders;
pub use extra_paths::{ComfyTree, ExtraFolder, extra_of_models};
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
    /// Folders of one sort of models each, which are searched first or last.
    pub extra: Vec<ExtraFolder>,
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing is there.
    Absent,
    /// Something is there.
    Present {
        /// Its length in bytes.
        len: u64,
        /// When it was last changed, where the file system knows.
        modified: Option<SystemTime>,
        /// Which file it is, where the file system knows: a file that was replaced is another.
        inode: u64,
    },
}

/// A world with memory: it knows what it was asked for, and can be told that files changed.
pub trait HostWorld: World {
    /// Every path that was looked at since the last [`HostWorld::next_round`], also those that
    /// were not there, and what it looked like before it was read.
    fn touched(&self) -> BTreeMap<PathBuf, Look>;

    /// True when a file's content is not what was last read of it.
    fn has_other_content(&self, path: &Path) -> bool;

    /// Has pictures looked for in these folders, in this order, instead of beside the graph, and
    /// names that lead out of them refused; until the next round.
    fn look_for_pictures_in(&self, folders: Vec<PathBuf>);

    /// Begins a round: what changed since is read afresh, what did not keeps its stamp.
    fn next_round(&self);

    /// Frees the bytes of files that were read; their stamps stay.
    fn end_round(&self);
}

/// What a file looks like now.
pub(crate) fn look(path: &Path) -> Look {
    std::fs::metadata(path).map_or(Look::Absent, |meta| look_of(&meta))
}

fn look_of(meta: &Metadata) -> Look {
    Look::Present { len: meta.len(), modified: meta.modified().ok(), inode: inode(meta) }
}

#[cfg(unix)]
fn inode(meta: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
