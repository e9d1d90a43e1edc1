//! Results on disk: content-addressed, atomic, checksummed, bounded, safe for several processes
//! and safe to delete.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use pellucid_graph::{Key, Store};
use pellucid_value::{Value, from_bytes, to_bytes};
use xxhash_rust::xxh3::xxh3_128;

use crate::write::{PART, write_atomically};

/// Raised with the layout of entries; entries of other versions are never read.
const VERSION: &str = "v1";
const MAGIC: &[u8; 8] = b"PELLUCID";
/// Magic, checksum, length of the payload.
const HEADER: usize = 8 + 16 + 8;
/// Entries are thrown out until this share of the bound is left, so that it is not done anew with
/// every entry.
const LOW_WATER: f64 = 0.8;
/// An unfinished file this old belongs to nobody.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of results.
pub struct DiskStore {
    dir: PathBuf,
    max_bytes: u64,
    /// Bytes written since the folder was last measured; starts with what was there.
    estimate: AtomicU64,
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// The values of a node.
    Values,
    /// The bytes of an output file.
    Files,
}

impl DiskStore {
    /// Opens a folder of results, which need not exist yet, bounded to about `max_bytes`.
    pub fn open(dir: &Path, max_bytes: u64) -> Self {
        let dir = dir.join(VERSION);
        let estimate = AtomicU64::new(entries(&dir).iter().map(|entry| entry.len).sum());
        Self { dir, max_bytes, estimate }
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, shelf: Shelf, key: Key) -> PathBuf {
        let shelf = match shelf {
            Shelf::Values => "values",
            Shelf::Files => "files",
        };
        let name = key.to_string();
        self.dir.join(shelf).join(&name[..2]).join(&name[2..])
    }

    pub(crate) fn contains(&self, shelf: Shelf, key: Key) -> bool {
        self.path(shelf, key).is_file()
    }

    /// The payload of an entry. A damaged entry is removed and told.
    pub(crate) fn load(&self, shelf: Shelf, key: Key) -> Result<Option<Vec<u8>>, String> {
        let path = self.path(shelf, key);
        let mut bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("the cache cannot be read: {error}")),
        };
        if !sound(&bytes) {
            drop(fs::remove_file(&path));
            return Err(format!("cache entry {key} is damaged"));
        }
        // The time of last use is what eviction goes by; failing to note it costs only order.
        drop(
            File::options()
                .append(true)
                .open(&path)
                .and_then(|f| f.set_modified(SystemTime::now())),
        );
        bytes.drain(..HEADER);
        Ok(Some(bytes))
    }

    pub(crate) fn save(&self, shelf: Shelf, key: Key, payload: &[u8]) -> Result<(), String> {
        if payload.len() as u64 > self.max_bytes / 4 {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend(MAGIC);
        bytes.extend(xxh3_128(payload).to_le_bytes());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
        let path = self.path(shelf, key);
        write_atomically(&path, &bytes)
            .map_err(|error| format!("the cache cannot be written: {error}"))?;
        let len = bytes.len() as u64;
        if self.estimate.fetch_add(len, Ordering::Relaxed) + len > self.max_bytes {
            self.evict();
        }
        Ok(())
    }

    /// Throws out what was used longest ago. Another process may do so at the same time.
    fn evict(&self) {
        let mut entries = entries(&self.dir);
        entries.sort_by(|a, b| a.used.cmp(&b.used).then_with(|| a.path.cmp(&b.path)));
        let mut bytes: u64 = entries.iter().map(|entry| entry.len).sum();
        let bound = (self.max_bytes as f64 * LOW_WATER) as u64;
        for entry in entries {
            let abandoned = entry.part && entry.used.elapsed().is_ok_and(|age| age > ABANDONED);
            if (bytes > bound && !entry.part) || abandoned {
                drop(fs::remove_file(&entry.path));
                bytes -= entry.len;
            }
        }
        self.estimate.store(bytes, Ordering::Relaxed);
    }
}

impl Store for DiskStore {
    fn has(&self, key: Key) -> bool {
        self.contains(Shelf::Values, key)
    }

    fn get(&self, key: Key) -> Result<Option<Vec<Value>>, String> {
        let Some(payload) = self.load(Shelf::Values, key)? else { return Ok(None) };
        match values_of(&payload) {
            Some(values) => Ok(Some(values)),
            None => {
                drop(fs::remove_file(self.path(Shelf::Values, key)));
                Err(format!("cache entry {key} is damaged"))
            }
        }
    }

    fn put(&self, key: Key, values: &[Value]) -> Result<(), String> {
        let mut payload = Vec::new();
        for value in values {
            // What refers to weight files is made again.
            let Some(bytes) = to_bytes(value) else { return Ok(()) };
            payload.extend((bytes.len() as u64).to_le_bytes());
            payload.extend(bytes);
        }
        self.save(Shelf::Values, key, &payload)
    }
}

fn values_of(mut payload: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while !payload.is_empty() {
        let (len, rest) = payload.split_first_chunk::<8>()?;
        let (bytes, rest) = rest.split_at_checked(u64::from_le_bytes(*len).try_into().ok()?)?;
        values.push(from_bytes(bytes).ok()?);
        payload = rest;
    }
    Some(values)
}

fn sound(bytes: &[u8]) -> bool {
    let Some((header, payload)) = bytes.split_at_checked(HEADER) else { return false };
    header[..8] == *MAGIC
        && header[8..24] == xxh3_128(payload).to_le_bytes()
        && header[24..] == (payload.len() as u64).to_le_bytes()
}

struct Entry {
    path: PathBuf,
    len: u64,
    used: SystemTime,
    part: bool,
}

fn entries(dir: &Path) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = ["values", "files"].iter().map(|shelf| dir.join(shelf)).collect();
    while let Some(dir) = open.pop() {
        for item in fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(meta) = item.metadata() else { continue };
            if meta.is_dir() {
                open.push(item.path());
                continue;
            }
            let part = item.file_name().to_string_lossy().starts_with(PART);
            let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push(Entry { path: item.path(), len: meta.len(), used, part });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(n: f64) -> [Value; 2] {
        [Value::Number(n), Value::Text("kept".into())]
    }

    #[test]
    fn what_is_put_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        DiskStore::open(dir.path(), 1 << 20).put(Key(7), &value(1.5)).unwrap();
        let other = DiskStore::open(dir.path(), 1 << 20);
        assert_eq!(other.get(Key(7)), Ok(Some(value(1.5).to_vec())));
        assert_eq!(other.get(Key(8)), Ok(None));
    }

    #[test]
    fn any_flipped_or_missing_byte_is_noticed_and_the_entry_goes() {
        let dir = tempfile::tempdir().unwrap();
        let store = DiskStore::open(dir.path(), 1 << 20);
        store.put(Key(7), &value(1.5)).unwrap();
        let path = store.path(Shelf::Values, Key(7));
        let good = fs::read(&path).unwrap();
        let mut damaged: Vec<Vec<u8>> = (0..good.len()).map(|len| good[..len].to_vec()).collect();
        damaged.extend((0..good.len()).map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            bytes
        }));
        for bytes in damaged {
            fs::write(&path, bytes).unwrap();
            assert!(store.get(Key(7)).is_err());
            assert_eq!(store.get(Key(7)), Ok(None));
        }
    }

    #[test]
    fn the_bound_is_kept_and_the_newest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let store = DiskStore::open(dir.path(), 40_000);
        for n in 0..100 {
            store.save(Shelf::Files, Key(n), &[n as u8; 1000]).unwrap();
        }
        let bytes: u64 = entries(store.dir()).iter().map(|entry| entry.len).sum();
        assert!(bytes <= 40_000, "{bytes}");
        assert!(store.contains(Shelf::Files, Key(99)));
    }
}
