//! Which files changed: by what the system reports about their folders, and by looking.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::paths::{folder, tidied};
use crate::write::PART;

/// The files that matter, and their state when last looked at.
pub(super) struct Watched {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, Look>,
}

/// What tells whether a file changed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    len: u64,
    modified: Option<SystemTime>,
}

impl Watched {
    /// Calls `changed` from another thread with every path an event is about.
    pub fn new(changed: impl Fn(PathBuf) + Send + 'static) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if !matches!(event.kind, EventKind::Access(_)) {
                event.paths.into_iter().filter(|path| !is_part(path)).for_each(&changed);
            }
        })?;
        Ok(Self { watcher, folders: BTreeSet::new(), files: BTreeMap::new() })
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Watches the folders of exactly these files. A folder that is not there is watched by the
    /// nearest one above it.
    pub fn watch(&mut self, files: &BTreeSet<PathBuf>) {
        self.files = files.iter().map(|path| (absolute(path), look(path))).collect();
        let mut folders = BTreeSet::new();
        for path in self.files.keys() {
            let mut dir = folder(path);
            while !dir.is_dir() && dir.parent().is_some() {
                dir = folder(dir);
            }
            folders.insert(dir.to_owned());
            // A folder that is replaced by a rename is only seen from the one above it.
            folders.insert(folder(dir).to_owned());
        }
        for old in self.folders.difference(&folders).cloned().collect::<Vec<_>>() {
            // A folder that is gone is not watched any more; that is what is wanted.
            drop(self.watcher.unwatch(&old));
        }
        for dir in &folders {
            // A folder that was replaced has lost its watch without a word, so all are renewed.
            drop(self.watcher.unwatch(dir));
            // Where watching fails, looking from time to time still works.
            drop(self.watcher.watch(dir, RecursiveMode::NonRecursive));
        }
        self.folders = folders;
    }

    /// True when an event's path is a watched file, or a folder above one, that looks different.
    pub fn has_changed(&self, path: &Path) -> bool {
        let path = absolute(path);
        match self.files.get(&path) {
            Some(then) => *then != look(&path),
            None => self
                .files
                .iter()
                .any(|(file, then)| file.starts_with(&path) && *then != look(file)),
        }
    }

    /// The first watched file that looks different from when it was last read.
    pub fn poll(&self) -> Option<PathBuf> {
        self.files.iter().find(|(path, then)| **then != look(path)).map(|(path, _)| path.clone())
    }
}

fn look(path: &Path) -> Look {
    match fs::metadata(path) {
        Ok(meta) => Look { len: meta.len(), modified: meta.modified().ok() },
        Err(_) => Look { len: u64::MAX, modified: None },
    }
}

fn is_part(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PART))
}

fn absolute(path: &Path) -> PathBuf {
    tidied(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}
