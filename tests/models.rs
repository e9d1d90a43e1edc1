//! Models for the suite: every kind of file that the program opens, as small as the architectures
//! allow, filled with pseudo-random numbers. Nothing is downloaded and nothing is checked in.

mod layers;
mod networks;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pellucid_synthetic::{Choice, Element, Manifest, safetensors};

use crate::repository;

/// A folder of models with ComfyUI's subfolders, made once for this version of the rules.
///
/// Several processes may ask at the same time: each makes a folder of its own, and the first to
/// finish gives it its name.
pub fn models() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(make).clone()
}

fn make() -> PathBuf {
    let manifests = manifests();
    let target = repository().join("target");
    let folder = target.join(format!("models-{:016x}", fingerprint(&manifests)));
    if folder.is_dir() {
        return folder;
    }
    fs::create_dir_all(&target).expect("a folder for what is built");
    let own = tempfile::tempdir_in(&target).expect("a folder for models").keep();
    for manifest in &manifests {
        write(&own, manifest);
    }
    if fs::rename(&own, &folder).is_err() {
        assert!(folder.is_dir(), "{} cannot be made", folder.display());
        fs::remove_dir_all(&own).expect("a folder of our own can be removed");
    }
    folder
}

fn write(folder: &Path, manifest: &Manifest) {
    let path = folder.join(&manifest.file);
    let bytes = safetensors(manifest, &Choice::default()).expect("rules for every tensor");
    fs::create_dir_all(path.parent().expect("files lie in subfolders")).expect("a subfolder");
    fs::write(path, bytes).expect("a model");
}

/// Changes with anything that decides what the files hold.
fn fingerprint(manifests: &[Manifest]) -> u64 {
    let mut hasher = DefaultHasher::new();
    manifests.iter().for_each(|manifest| format!("{manifest:?}").hash(&mut hasher));
    hasher.finish()
}

fn manifests() -> Vec<Manifest> {
    let files = networks::files().into_iter().chain(layers::files());
    files
        .map(|File { place, shapes, rule }| {
            let tensors = shapes.into_iter().map(|(key, shape)| {
                let entry = rule(&key, &shape);
                (key, entry)
            });
            Manifest {
                name: place.to_owned(),
                file: format!("{place}.safetensors"),
                family: String::new(),
                dtype: Element::F16,
                salt: place.to_owned(),
                file_metadata: None,
                tensors: tensors.collect(),
            }
        })
        .collect()
}

/// A file to make: where it lies, without its suffix, what is in it, and the numbers of a tensor.
struct File {
    place: &'static str,
    shapes: BTreeMap<String, Vec<usize>>,
    rule: fn(&str, &[usize]) -> pellucid_synthetic::Entry,
}
