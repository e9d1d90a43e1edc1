//! Files in memory, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pellucid_graph::{FileError, FilePlace, FileTrouble, ReadSeek, Stamp, World};
use pellucid_value::WeightContent;
use xxhash_rust::xxh3::xxh3_128;

use super::{Folders, HostWorld, Look};
use crate::paths::tidied;

/// Files in memory. Every read sees the newest content.
#[derive(Default)]
pub struct MemoryWorld {
    folders: Folders,
    files: Mutex<BTreeMap<PathBuf, Arc<[u8]>>>,
    touched: Mutex<BTreeSet<PathBuf>>,
    pictures: Mutex<Vec<PathBuf>>,
}

impl MemoryWorld {
    /// A world without files.
    pub fn new(folders: Folders) -> Self {
        Self { folders, ..Self::default() }
    }

    /// Creates or replaces a file.
    pub fn put(&self, path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) {
        lock(&self.files).insert(tidied(path.as_ref()), bytes.into().into());
    }

    /// Removes a file.
    pub fn remove(&self, path: impl AsRef<Path>) {
        lock(&self.files).remove(&tidied(path.as_ref()));
    }

    fn touch(&self, path: &Path) {
        lock(&self.touched).insert(path.to_owned());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World for MemoryWorld {
    fn locate(&self, base: &Path, name: &str, place: FilePlace) -> Result<PathBuf, FileError> {
        let Folders { root, nodes, models, .. } = &self.folders;
        let pictures = lock(&self.pictures).clone();
        let (paths, roots): (Vec<PathBuf>, &[PathBuf]) = match place {
            FilePlace::Picture if !pictures.is_empty() => {
                (pictures.iter().map(|dir| dir.join(name)).collect(), std::slice::from_ref(root))
            }
            FilePlace::Picture | FilePlace::Graph => {
                (vec![base.join(name)], std::slice::from_ref(root))
            }
            FilePlace::NamedGraph => {
                (nodes.iter().map(|dir| dir.join(format!("{name}.json"))).collect(), nodes)
            }
            FilePlace::Weights(kind) => {
                (models.iter().map(|dir| dir.join(kind).join(name)).collect(), models)
            }
        };
        for path in paths.into_iter().map(|path| tidied(&path)) {
            self.touch(&path);
            if !roots.iter().any(|root| path.starts_with(root)) {
                let message = format!("`{name}` lies outside the folder of the graph");
                return Err(FileError::new(FileTrouble::Outside, message));
            }
            if lock(&self.files).contains_key(&path) {
                return Ok(path);
            }
        }
        Err(FileError::new(FileTrouble::Missing, format!("there is no file `{name}`")))
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, FileError> {
        Ok(Box::new(Cursor::new(self.read(path)?)))
    }

    fn read(&self, path: &Path) -> Result<Arc<[u8]>, FileError> {
        self.touch(path);
        lock(&self.files).get(path).cloned().ok_or_else(|| {
            FileError::new(FileTrouble::Missing, format!("there is no file `{}`", path.display()))
        })
    }

    fn weights(&self, path: &Path) -> Result<(WeightContent, u64), FileError> {
        let bytes = self.read(path)?;
        let len = bytes.len() as u64;
        Ok((WeightContent::Memory(bytes), len))
    }

    fn stamp(&self, path: &Path, _: FilePlace) -> Result<Stamp, FileError> {
        self.read(path).map(|bytes| Stamp(xxh3_128(&bytes)))
    }

    fn graph_kinds(&self) -> Vec<String> {
        let files = lock(&self.files);
        let offered = files.keys().filter(|path| {
            self.folders.nodes.iter().any(|dir| path.parent() == Some(dir))
                && path.extension().is_some_and(|e| e == "json")
        });
        let names: BTreeSet<String> =
            offered.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        names.into_iter().collect()
    }
}

impl HostWorld for MemoryWorld {
    fn touched(&self) -> BTreeMap<PathBuf, Look> {
        let files = lock(&self.files);
        let look = |path: &PathBuf| match files.get(path) {
            Some(bytes) => Look::Present { len: bytes.len() as u64, modified: None, inode: 0 },
            None => Look::Absent,
        };
        lock(&self.touched).iter().map(|path| (path.clone(), look(path))).collect()
    }

    /// Every read sees the newest content, so there is no older one to differ from.
    fn has_other_content(&self, _: &Path) -> bool {
        false
    }

    fn look_for_pictures_in(&self, folders: Vec<PathBuf>) {
        *lock(&self.pictures) = folders;
    }

    fn next_round(&self) {
        lock(&self.touched).clear();
        lock(&self.pictures).clear();
    }

    fn end_round(&self) {}
}
