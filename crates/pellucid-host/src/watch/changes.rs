//! Which files changed: by what the system reports about their folders, and by looking.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::paths::{folder, tidied};
use crate::world::look;
use crate::write::PART;
use crate::{HostWorld, Look};

/// A file that changed this shortly ago can have changed again without a trace in its time.
const FRESH: Duration = Duration::from_millis(100);

/// The files that matter, and their state before they were last read.
pub(super) struct Watched {
    watcher: RecommendedWatcher,
    folders: BTreeMap<PathBuf, Look>,
    /// By absolute path: the path as it was asked for, and what was there.
    files: BTreeMap<PathBuf, (PathBuf, Look)>,
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
        Ok(Self { watcher, folders: BTreeMap::new(), files: BTreeMap::new() })
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Watches the folders of exactly these files. A folder that is not there is watched by the
    /// nearest one above it.
    pub fn watch(&mut self, files: BTreeMap<PathBuf, Look>) {
        self.files =
            files.into_iter().map(|(path, look)| (absolute(&path), (path, look))).collect();
        let mut folders = BTreeMap::new();
        for path in self.files.keys() {
            let mut dir = folder(path);
            while !dir.is_dir() && dir.parent().is_some() {
                dir = folder(dir);
            }
            // A folder that is replaced by a rename is only seen from the one above it.
            for dir in [dir, folder(dir)] {
                folders.entry(dir.to_owned()).or_insert_with(|| which(dir));
            }
        }
        for (dir, then) in &self.folders {
            if folders.get(dir) != Some(then) {
                // A folder that is gone is not watched any more; that is what is wanted.
                drop(self.watcher.unwatch(dir));
            }
        }
        for (dir, now) in &folders {
            if self.folders.get(dir) != Some(now) {
                // Where watching fails, looking from time to time still works.
                drop(self.watcher.watch(dir, RecursiveMode::NonRecursive));
            }
        }
        self.folders = folders;
    }

    /// True when an event's path is a watched file, or a folder above one, that differs from what
    /// was read.
    pub fn has_changed(&self, path: &Path, world: &dyn HostWorld) -> bool {
        let path = absolute(path);
        match self.files.get(&path) {
            Some((asked, then)) => {
                let now = look(&path);
                now != *then || (is_fresh(&now) && world.has_other_content(asked))
            }
            None => self
                .files
                .iter()
                .any(|(file, (_, then))| file.starts_with(&path) && *then != look(file)),
        }
    }

    /// The first watched file that looks different from when it was last read.
    pub fn poll(&self) -> Option<PathBuf> {
        self.files
            .iter()
            .find(|(path, (_, then))| *then != look(path))
            .map(|(path, _)| path.clone())
    }
}

/// Which folder this is, whatever is in it now.
fn which(dir: &Path) -> Look {
    match look(dir) {
        Look::Present { inode, .. } => Look::Present { len: 0, modified: None, inode },
        Look::Absent => Look::Absent,
    }
}

fn is_fresh(look: &Look) -> bool {
    match look {
        Look::Present { modified: Some(modified), .. } => {
            SystemTime::now().duration_since(*modified).is_ok_and(|age| age < FRESH)
        }
        _ => false,
    }
}

fn is_part(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PART))
}

fn absolute(path: &Path) -> PathBuf {
    tidied(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}
