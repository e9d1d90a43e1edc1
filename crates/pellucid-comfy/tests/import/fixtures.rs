//! The end-to-end workflows: what is read is what was written.

use std::fs;
use std::path::{Path, PathBuf};

use pellucid_comfy::import;
use pellucid_source::{FileId, read};
use serde_json::Value;

use crate::{NOW, flat};

fn folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a crate's folder");
    let folder = root.join("../shared/fixtures/workflows");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is absent", folder.display());
    None
}

#[test]
fn every_workflow_is_read_as_it_was_written() {
    let Some(folder) = folder() else { return };
    let kinds = pellucid_nodes::kinds();
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|e| e == "json") && !path.ends_with("index.json")
        })
        .collect();
    files.sort();
    assert!(files.len() > 50, "{}", files.len());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let mut findings = Vec::new();
        let json = read(&text).unwrap();
        let imported = import(&json, &kinds, FileId::default(), &NOW, &mut findings);
        let imported = imported.unwrap_or_else(|| panic!("{} is a workflow", path.display()));
        let want: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(flat(&imported), want, "{}", path.display());
        assert!(findings.is_empty(), "{}: {findings:?}", path.display());
    }
}
