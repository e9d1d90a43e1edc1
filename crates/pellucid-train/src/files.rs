//! Files that are either the old ones or the new ones, never half of each.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::TrainError;

/// Writes a file beside its place and moves it there; on an error, a full disk too, what was there stays.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(|error| TrainError::file(folder, error))?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.part"));
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| {
        // What is left of the attempt is of no use; that it cannot be removed changes nothing.
        drop(fs::remove_file(&beside));
        TrainError::file(path, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        write_atomically(&path, b"old").unwrap();
        // A folder in the way of the new file, as good as a full disk.
        fs::create_dir(folder.path().join(".state.part")).unwrap();
        assert!(write_atomically(&path, b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
