//! Files written whole or not at all.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::paths::folder;

/// Writes a file so that readers see the old content or the new, never a part: into a file beside
/// it that takes its place when it is complete. Folders above are made.
///
/// # Errors
/// What the file system says; the old content stays and nothing is left behind.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays a link: what it leads to is written.
    let real = fs::canonicalize(path);
    let path = real.as_deref().unwrap_or(path);
    let dir = folder(path);
    fs::create_dir_all(dir)?;
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let part = dir.join(part_name(&name.to_string_lossy()));
    let mut file = File::create_new(&part)?;
    let written = file.write_all(bytes);
    if let Ok(old) = fs::metadata(path) {
        // Best effort: a file system without modes has none to keep.
        drop(file.set_permissions(old.permissions()));
    }
    drop(file);
    let placed = written.and_then(|()| fs::rename(&part, path));
    if placed.is_err() {
        // Best effort: the error that matters is the first one.
        drop(fs::remove_file(&part));
    }
    placed
}

/// How names of unfinished files begin.
pub(crate) const PART: &str = ".pellucid-part-";

/// A name no other writer uses: of this process by count, of others by process and by a number
/// that every process draws for itself, since processes in containers share their ids.
fn part_name(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static DRAWN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(process::id()));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // A long name is cut, so that the part's name is not too long for the file system.
    let name: String = name.chars().take(40).collect();
    format!("{PART}{}-{:x}-{count}-{name}", process::id(), *DRAWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_content_takes_the_place_of_the_old_and_nothing_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/a b\u{301}.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_mode_stays() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&real, &link).unwrap();
        write_atomically(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        fs::create_dir_all(path.join("x")).unwrap();
        assert!(write_atomically(&path, b"one").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
