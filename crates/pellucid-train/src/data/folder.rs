//! Layers from a folder of pictures with alpha and captions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pellucid_pixel::Alpha;
use pellucid_pixel::files::{Limits, decode};
use pellucid_pixel::resize::{Filter, Resize};
use pellucid_pixel::transform::{Fit, place};

use super::canvas::Canvas;
use crate::error::TrainError;

/// Suffixes of pictures that can hold alpha.
const SUFFIXES: [&str; 5] = ["png", "webp", "tif", "tiff", "exr"];

/// What a folder holds.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Layers and their captions, by file name.
    pub layers: Vec<(Canvas, String)>,
    /// What was left out, and why.
    pub faults: Vec<(PathBuf, String)>,
}

/// Reads all pictures of a folder, fitted into squares of `size` pixels; a caption is the text of `NAME.txt`
/// or the entry of the file or of `NAME` in `captions.json`.
///
/// What is not usable is counted and left out; an error when nothing is usable.
pub fn read_folder(folder: &Path, size: usize) -> Result<Folder, TrainError> {
    let entries = fs::read_dir(folder).map_err(|error| TrainError::file(folder, error))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let captions = captions(&folder.join("captions.json"))?;
    let mut read = Folder { layers: Vec::new(), faults: Vec::new() };
    for path in paths.into_iter().filter(|path| is_picture(path)) {
        match layer(&path, &captions, size) {
            Ok(layer) => read.layers.push(layer),
            Err(why) => read.faults.push((path, why)),
        }
    }
    if read.layers.is_empty() {
        let listed: Vec<String> = read
            .faults
            .iter()
            .map(|(path, why)| format!("\n  {}: {why}", path.display()))
            .collect();
        let folder = folder.display();
        return Err(TrainError::Data(format!(
            "{folder}: no picture with alpha and a caption{}",
            listed.concat()
        )));
    }
    Ok(read)
}

fn is_picture(path: &Path) -> bool {
    let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_lowercase());
    suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix.as_str()))
}

fn captions(path: &Path) -> Result<BTreeMap<String, String>, TrainError> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| TrainError::Data(format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(TrainError::file(path, error)),
    }
}

fn layer(
    path: &Path,
    captions: &BTreeMap<String, String>,
    size: usize,
) -> Result<(Canvas, String), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let beside = fs::read_to_string(path.with_extension("txt")).ok();
    let listed = captions.get(name.as_ref()).or_else(|| captions.get(stem.as_ref()));
    let caption = beside.as_deref().or(listed.map(String::as_str)).map(str::trim);
    let caption = caption.filter(|caption| !caption.is_empty()).ok_or("it has no caption")?;
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let image = decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?.image;
    if image.fact.alpha == Alpha::Opaque {
        return Err("it has no alpha".into());
    }
    if image.frame(0).iter().all(|pixel| pixel[3] == 0.0) {
        return Err("nothing in it is visible".into());
    }
    let image = image.premultiplied();
    let side = size as u32;
    let how = Resize { filter: Filter::Lanczos3, ..Resize::default() };
    let fitted = place(&image, (side, side), Fit::Fit, (0.5, 0.5), how);
    Ok((Canvas::of_image(&fitted).sound(), caption.to_owned()))
}
