//! Pseudo-random weight files from a list of names and shapes, for tests.
//!
//! A manifest lists the tensors of a model file with a scale and an offset each. The numbers follow
//! from the names alone (FNV-1a of the name seeds SplitMix64), so a test can have a whole model
//! without a download, and another program that knows the rule has the very same bytes.

mod manifest;
mod values;

use std::fmt;
use std::path::Path;

pub use manifest::{Element, Entry, Init, Manifest};

/// A manifest that cannot be turned into a file.
#[derive(Debug)]
pub struct SyntheticError(pub String);

/// What can be chosen when a file is made.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Another element type for the floating-point tensors that follow the file's type.
    pub element: Option<Element>,
    /// Another salt: other numbers under the same names.
    pub salt: Option<String>,
}

/// Reads a manifest.
pub fn read_manifest(path: &Path) -> Result<Manifest, SyntheticError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| SyntheticError(format!("{}: {error}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|error| SyntheticError(format!("{}: {error}", path.display())))
}

/// The bytes of the safetensors file that a manifest describes.
pub fn safetensors(manifest: &Manifest, choice: &Choice) -> Result<Vec<u8>, SyntheticError> {
    let placed = place(manifest, choice);
    let mut header = serde_json::Map::new();
    if let Some(metadata) = manifest.file_metadata.as_ref().filter(|m| !m.is_empty()) {
        header.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    }
    for tensor in &placed {
        let entry = serde_json::json!({
            "dtype": tensor.element.name(),
            "shape": tensor.entry.shape,
            "data_offsets": [tensor.start, tensor.start + tensor.length],
        });
        header.insert(tensor.key.to_owned(), entry);
    }
    let mut text = serde_json::Value::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut file = (text.len() as u64).to_le_bytes().to_vec();
    file.append(&mut text);
    append_data(&mut file, manifest, choice, &placed)?;
    Ok(file)
}

/// The part of the file after the header.
pub fn tensor_bytes(manifest: &Manifest, choice: &Choice) -> Result<Vec<u8>, SyntheticError> {
    let mut bytes = Vec::new();
    append_data(&mut bytes, manifest, choice, &place(manifest, choice))?;
    Ok(bytes)
}

/// The bytes of one tensor.
pub fn one_tensor(
    manifest: &Manifest,
    choice: &Choice,
    key: &str,
) -> Result<Vec<u8>, SyntheticError> {
    let placed = place(manifest, choice);
    let tensor = placed.iter().find(|tensor| tensor.key == key);
    let tensor = tensor.ok_or_else(|| SyntheticError(format!("no tensor `{key}`")))?;
    values::bytes(tensor.key, tensor.entry, tensor.element, salt(manifest, choice))
}

struct Placed<'a> {
    key: &'a str,
    entry: &'a Entry,
    element: Element,
    start: usize,
    length: usize,
}

/// Wider types first, then by name, as the safetensors library writes them.
fn place<'a>(manifest: &'a Manifest, choice: &Choice) -> Vec<Placed<'a>> {
    let element = |entry: &Entry| {
        let own = entry.dtype.unwrap_or(manifest.dtype);
        choice.element.filter(|_| own.is_float()).unwrap_or(own)
    };
    let mut placed: Vec<_> = manifest
        .tensors
        .iter()
        .map(|(key, entry)| Placed { key, entry, element: element(entry), start: 0, length: 0 })
        .collect();
    placed.sort_by_key(|tensor| (std::cmp::Reverse(tensor.element.size()), tensor.key));
    let mut start = 0;
    for tensor in &mut placed {
        tensor.start = start;
        tensor.length = tensor.entry.shape.iter().product::<usize>() * tensor.element.size();
        start += tensor.length;
    }
    placed
}

fn append_data(
    to: &mut Vec<u8>,
    manifest: &Manifest,
    choice: &Choice,
    placed: &[Placed<'_>],
) -> Result<(), SyntheticError> {
    for tensor in placed {
        let salt = salt(manifest, choice);
        to.append(&mut values::bytes(tensor.key, tensor.entry, tensor.element, salt)?);
    }
    Ok(())
}

fn salt<'a>(manifest: &'a Manifest, choice: &'a Choice) -> &'a str {
    choice.salt.as_deref().unwrap_or(&manifest.salt)
}

impl fmt::Display for SyntheticError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SyntheticError {}
