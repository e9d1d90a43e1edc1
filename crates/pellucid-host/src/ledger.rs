//! What this session wrote where, so that a file that is still right is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use pellucid_graph::Key;

/// The files of a session, by path.
#[derive(Default)]
pub(crate) struct Ledger {
    files: Mutex<BTreeMap<PathBuf, Line>>,
}

struct Line {
    key: Key,
    len: u64,
    modified: Option<SystemTime>,
}

impl Ledger {
    /// True when the file was last written under this key and nobody has touched it since.
    pub fn is_current(&self, path: &Path, key: Key) -> bool {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(path).is_some_and(|line| {
            line.key == key
                && fs::metadata(path)
                    .is_ok_and(|m| m.len() == line.len && m.modified().ok() == line.modified)
        })
    }

    /// Notes that the file now holds what the key stands for.
    pub fn note(&self, path: &Path, key: Key) {
        let Ok(meta) = fs::metadata(path) else { return };
        let line = Line { key, len: meta.len(), modified: meta.modified().ok() };
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), line);
    }
}
