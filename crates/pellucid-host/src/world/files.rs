//! Files of the real file system, within given folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use pellucid_graph::{FileError, FilePlace, FileTrouble, ReadSeek, Stamp, World};
use pellucid_value::WeightContent;
use xxhash_rust::xxh3::xxh3_128;

use super::{ExtraFolder, Folders, HostWorld, Look, look, look_of, models};
use crate::paths::{folder, tidied};

/// Files larger than this are not read as a whole.
const MAX_FILE: u64 = 2 << 30;

/// A file that was changed this shortly before it was read may have been changed again since,
/// without a trace in its time.
const TOO_FRESH: Duration = Duration::from_millis(100);

/// The real file system.
pub struct FileWorld {
    folders: Folders,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    touched: BTreeMap<PathBuf, Look>,
    /// Where pictures are looked for; beside the graph when empty.
    pictures: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Snapshot>,
}

/// What a file was when it was read.
struct Snapshot {
    look: Look,
    read_at: SystemTime,
    stamp: Stamp,
    bytes: Option<Arc<[u8]>>,
}

impl FileWorld {
    /// A world that reads within these folders.
    pub fn new(folders: Folders) -> Self {
        Self { folders, state: Mutex::default() }
    }

    /// Notes that a path was looked at, and what is there before anything of it is read.
    fn touch(&self, path: &Path) {
        let now = look(path);
        self.lock().touched.entry(path.to_owned()).or_insert(now);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses what lies outside, also by way of a link.
    fn within(&self, path: PathBuf, name: &str, roots: &[&Path]) -> Result<PathBuf, FileError> {
        self.touch(&path);
        let real = match fs::canonicalize(&path) {
            Ok(real) => real,
            Err(error) => {
                if !roots.iter().any(|root| absolute(&path).starts_with(absolute(root))) {
                    return Err(outside(name));
                }
                return Err(io_error(name, &error, &path));
            }
        };
        let inside = |root: &&Path| fs::canonicalize(root).is_ok_and(|root| real.starts_with(root));
        if !roots.iter().any(inside) {
            return Err(outside(name));
        }
        match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => Ok(path),
            Ok(meta) if meta.is_dir() => {
                Err(FileError::new(FileTrouble::Other, format!("`{name}` is a folder")))
            }
            Ok(_) => {
                Err(FileError::new(FileTrouble::Other, format!("`{name}` is not a regular file")))
            }
            Err(error) => Err(io_error(name, &error, &path)),
        }
    }

    /// A weight file, or a folder of weights in the diffusers layout. Links are followed wherever
    /// they lead: model folders are often spread over several disks.
    fn model(
        &self,
        kind: &str,
        name: &str,
        roots: &[PathBuf],
        extra: &[ExtraFolder],
    ) -> Result<PathBuf, FileError> {
        let name = name.replace('\\', "/");
        if models::leaves_its_folder(&name) {
            let message = format!("`{name}` lies outside the model folders");
            return Err(FileError::new(FileTrouble::Outside, message)
                .hint("name a file below a folder given with --models DIR"));
        }
        for path in models::candidates(roots, extra, kind, &name) {
            self.touch(&path);
            match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => return Ok(path),
                Ok(meta) if meta.is_dir() && models::is_diffusers_folder(&path) => {
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(io_error(&name, &error, &path));
                }
                _ => {}
            }
        }
        Err(not_found(&name).hint(models::what_is_there(roots, extra, kind, &name)))
    }

    /// A picture of a workflow.
    fn input(&self, name: &str, root: &Path, folders: &[PathBuf]) -> Result<PathBuf, FileError> {
        if models::leaves_its_folder(name) {
            let message = format!("`{name}` lies outside the folders of inputs");
            return Err(FileError::new(FileTrouble::Outside, message)
                .hint("put the picture into `input`, and name it from there"));
        }
        let paths = folders.iter().map(|dir| tidied(&dir.join(name))).collect();
        let mut roots = vec![root];
        roots.extend(folders.iter().map(PathBuf::as_path));
        let hint = "pictures of a workflow are looked for in `input` beside it, beside it, and in \
                    `input` of the ComfyUI that --models DIR belongs to";
        self.first_of(paths, name, &roots, hint)
    }

    fn first_of(
        &self,
        candidates: Vec<PathBuf>,
        name: &str,
        roots: &[&Path],
        hint: &str,
    ) -> Result<PathBuf, FileError> {
        let mut last = None;
        for path in candidates {
            match self.within(path, name, roots) {
                Ok(path) => return Ok(path),
                Err(error) if error.reason == FileTrouble::Missing => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| not_found(name)).hint(hint))
    }
}

impl World for FileWorld {
    fn locate(&self, base: &Path, name: &str, place: FilePlace) -> Result<PathBuf, FileError> {
        if name.is_empty() {
            return Err(FileError::new(FileTrouble::Missing, "the file name is empty"));
        }
        if name.contains('\0') {
            return Err(FileError::new(FileTrouble::Other, "a file name cannot hold a NUL"));
        }
        let Folders { root, nodes, models, extra } = &self.folders;
        let pictures = self.lock().pictures.clone();
        match place {
            FilePlace::Picture if !pictures.is_empty() => self.input(name, root, &pictures),
            FilePlace::Picture | FilePlace::Graph => {
                let mut roots = vec![root.as_path()];
                roots.extend(nodes.iter().map(PathBuf::as_path));
                self.within(tidied(&base.join(name)), name, &roots).map_err(|error| {
                    match error.reason == FileTrouble::Missing && error.hint.is_none() {
                        true => error.hint("it is looked up beside the graph that names it"),
                        false => error,
                    }
                })
            }
            FilePlace::NamedGraph => {
                let file = format!("{name}.json");
                let paths = nodes.iter().map(|dir| dir.join(&file)).collect();
                let roots: Vec<&Path> = nodes.iter().map(PathBuf::as_path).collect();
                self.first_of(paths, name, &roots, "folders of graphs are given with --nodes DIR")
            }
            FilePlace::Weights(kind) => self.model(kind, name, models, extra),
        }
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, FileError> {
        self.touch(path);
        let file = File::open(path).map_err(|error| io_error(&shown(path), &error, path))?;
        Ok(Box::new(io::BufReader::new(file)))
    }

    fn read(&self, path: &Path) -> Result<Arc<[u8]>, FileError> {
        self.touch(path);
        let known = self.lock().files.get(path).map(|s| (s.bytes.clone(), s.stamp));
        if let Some((Some(bytes), _)) = known {
            return Ok(bytes);
        }
        let (look, bytes) = read_whole(path)?;
        let stamp = Stamp(xxh3_128(&bytes));
        if known.is_some_and(|(_, known)| known != stamp) {
            return Err(FileError::new(
                FileTrouble::Other,
                format!("{} changed while it was used", shown(path)),
            )
            .hint("run again"));
        }
        let bytes: Arc<[u8]> = bytes.into();
        let snapshot =
            Snapshot { look, read_at: SystemTime::now(), stamp, bytes: Some(Arc::clone(&bytes)) };
        self.lock().files.insert(path.to_owned(), snapshot);
        Ok(bytes)
    }

    fn weights(&self, path: &Path) -> Result<(WeightContent, u64), FileError> {
        self.touch(path);
        let mut bytes = 0;
        for file in models::files_of(path) {
            let meta = fs::metadata(&file).map_err(|error| io_error(&shown(path), &error, path))?;
            bytes += meta.len();
        }
        Ok((WeightContent::Path(path.into()), bytes))
    }

    fn stamp(&self, path: &Path, place: FilePlace) -> Result<Stamp, FileError> {
        if let FilePlace::Weights(_) = place {
            let mut looks = Vec::new();
            for file in models::files_of(path) {
                self.touch(&file);
                let meta =
                    fs::metadata(&file).map_err(|error| io_error(&shown(&file), &error, &file))?;
                looks.push(look_of(&meta));
            }
            return Ok(look_stamp(&looks));
        }
        let known = self.lock().files.get(path).map(|snapshot| snapshot.stamp);
        if let Some(stamp) = known {
            self.touch(path);
            return Ok(stamp);
        }
        self.read(path).map(|bytes| Stamp(xxh3_128(&bytes)))
    }

    fn graph_kinds(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        for dir in &self.folders.nodes {
            self.touch(dir);
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.extension().is_some_and(|e| e == "json")
                    && let Some(name) = path.file_stem().and_then(|stem| stem.to_str())
                {
                    names.insert(name.to_owned());
                }
            }
        }
        names.into_iter().collect()
    }
}

impl HostWorld for FileWorld {
    fn touched(&self) -> BTreeMap<PathBuf, Look> {
        self.lock().touched.clone()
    }

    fn has_other_content(&self, path: &Path) -> bool {
        let known = self.lock().files.get(path).map(|snapshot| snapshot.stamp);
        match (known, read_whole(path)) {
            (Some(known), Ok((_, bytes))) => Stamp(xxh3_128(&bytes)) != known,
            (None, Err(_)) => false,
            (Some(_), Err(_)) | (None, Ok(_)) => true,
        }
    }

    fn look_for_pictures_in(&self, folders: Vec<PathBuf>) {
        self.lock().pictures = folders;
    }

    fn next_round(&self) {
        let mut state = self.lock();
        state.touched.clear();
        state.pictures.clear();
        state.files.retain(|path, snapshot| {
            is_settled(&snapshot.look, snapshot.read_at) && look(path) == snapshot.look
        });
    }

    fn end_round(&self) {
        self.lock().files.values_mut().for_each(|snapshot| snapshot.bytes = None);
    }
}

/// False while a file could have changed again within the grain of its time.
fn is_settled(look: &Look, read_at: SystemTime) -> bool {
    match look {
        Look::Present { modified: Some(modified), .. } => {
            read_at.duration_since(*modified).is_ok_and(|age| age > TOO_FRESH)
        }
        _ => false,
    }
}

fn read_whole(path: &Path) -> Result<(Look, Vec<u8>), FileError> {
    let fail = |error: io::Error| io_error(&shown(path), &error, path);
    // Opening a named pipe would wait for somebody to write to it.
    if !fs::metadata(path).map_err(fail)?.is_file() {
        let message = format!("{} is not a regular file", shown(path));
        return Err(FileError::new(FileTrouble::Other, message));
    }
    let mut file = File::open(path).map_err(fail)?;
    let meta = file.metadata().map_err(fail)?;
    if meta.len() > MAX_FILE {
        let message =
            format!("{} has {} bytes; at most {MAX_FILE} are read", shown(path), meta.len());
        return Err(FileError::new(FileTrouble::Other, message));
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    io::Read::read_to_end(&mut io::Read::take(&mut file, MAX_FILE), &mut bytes).map_err(fail)?;
    Ok((look_of(&meta), bytes))
}

fn look_stamp(looks: &[Look]) -> Stamp {
    let mut bytes = Vec::new();
    for look in looks {
        if let Look::Present { len, modified, inode } = look {
            let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
            bytes.extend(len.to_le_bytes());
            bytes.extend(since.unwrap_or_default().as_nanos().to_le_bytes());
            bytes.extend(inode.to_le_bytes());
        }
    }
    Stamp(xxh3_128(&bytes))
}

fn absolute(path: &Path) -> PathBuf {
    tidied(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn outside(name: &str) -> FileError {
    FileError::new(FileTrouble::Outside, format!("`{name}` lies outside the folder of the graph"))
        .hint("move the file below it, or widen the folder with --root DIR")
}

fn not_found(name: &str) -> FileError {
    FileError::new(FileTrouble::Missing, format!("there is no file `{name}`"))
}

fn io_error(name: &str, error: &io::Error, path: &Path) -> FileError {
    let name = name.trim_matches('`');
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let error = not_found(name);
            match similar(path) {
                Some(similar) => error.hint(format!("did you mean `{similar}`?")),
                None => error,
            }
        }
        io::ErrorKind::PermissionDenied => {
            FileError::new(FileTrouble::Denied, format!("`{name}` may not be read"))
        }
        _ => FileError::new(FileTrouble::Other, format!("`{name}` cannot be read: {error}")),
    }
}

/// A file beside the missing one with a name like it.
fn similar(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let entries = fs::read_dir(folder(path)).ok()?;
    let names =
        entries.flatten().take(1_000).filter_map(|entry| entry.file_name().into_string().ok());
    let names: BTreeSet<String> = names.collect();
    pellucid_source::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}
