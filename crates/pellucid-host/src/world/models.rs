//! Folders of models: where a name may lie, and what is in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::ExtraFolder;

/// Folders that hold each sort of weights, first the usual one. They are those of ComfyUI, so
/// that a models folder serves both programs.
pub const FOLDERS: &[(&str, &[&str])] = &[
    ("checkpoints", &["checkpoints", "diffusers"]),
    ("diffusion_models", &["diffusion_models", "unet"]),
    ("text_encoders", &["text_encoders", "clip"]),
    ("vae", &["vae"]),
    ("loras", &["loras"]),
    ("controlnet", &["controlnet", "t2i_adapter"]),
    ("layer_model", &["layer_model"]),
    ("embeddings", &["embeddings"]),
    ("upscale_models", &["upscale_models"]),
    ("depth", &["depth", "depthanything", "checkpoints"]),
    ("latents", &["latents"]),
];

/// Suffixes of weight files.
pub const SUFFIXES: &[&str] = &["safetensors", "sft", "ckpt", "pt", "pth", "bin", "latent"];

/// The file in a folder of the diffusers layout that says what is in it.
const DIFFUSERS_INDEX: &str = "model_index.json";

/// More entries than these are not listed.
const MOST_LISTED: usize = 20_000;

/// Where a name of that sort may lie, in the order of the search: in the sort's folders of every
/// root, in those of a `models` folder below it, and right below the root.
pub fn candidates(
    roots: &[PathBuf],
    extra: &[ExtraFolder],
    sort: &str,
    name: &str,
) -> Vec<PathBuf> {
    let extra_paths = |first: bool| {
        let of_sort = extra.iter().filter(move |extra| extra.first == first && extra.sort == sort);
        of_sort.map(|extra| extra.dir.join(name))
    };
    let mut paths: Vec<PathBuf> = extra_paths(true).collect();
    for root in roots {
        for base in [root.clone(), root.join("models")] {
            paths.extend(folders(sort).map(|folder| base.join(folder).join(name)));
        }
        paths.push(root.join(name));
    }
    paths.extend(extra_paths(false));
    if sort == "embeddings" && Path::new(name).extension().is_none() {
        // Prompts name embeddings without their suffix.
        let with = |path: &PathBuf| ["safetensors", "pt", "bin"].map(|s| path.with_extension(s));
        paths = paths.iter().flat_map(with).collect();
    }
    paths
}

/// True when a name would lead out of the folder it is looked up in.
pub fn leaves_its_folder(name: &str) -> bool {
    let inside = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    !Path::new(name).components().all(inside)
}

/// True for a folder of weights in the diffusers layout.
pub fn is_diffusers_folder(path: &Path) -> bool {
    path.join(DIFFUSERS_INDEX).is_file()
}

/// The files that a path of weights stands for: itself, or for a folder in the diffusers layout
/// all weight files in its subfolders and its index, sorted.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut found: Vec<PathBuf> = list(path, 2).into_iter().map(|name| path.join(name)).collect();
    found.push(path.join(DIFFUSERS_INDEX));
    found.sort();
    found
}

/// The names of that sort's files below the roots, sorted; a name in several roots counts once.
pub fn names(roots: &[PathBuf], extra: &[ExtraFolder], sort: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    for root in roots {
        for base in [root.clone(), root.join("models")] {
            for folder in folders(sort) {
                found.extend(list(&base.join(folder), 8));
            }
        }
    }
    for extra in extra.iter().filter(|extra| extra.sort == sort) {
        found.extend(list(&extra.dir, 8));
    }
    found.into_iter().collect()
}

/// A sentence about what could have been meant.
pub(super) fn what_is_there(
    roots: &[PathBuf],
    extra: &[ExtraFolder],
    sort: &str,
    name: &str,
) -> String {
    if roots.is_empty() && extra.is_empty() {
        return "model folders are given with --models DIR".into();
    }
    let names = names(roots, extra, sort);
    let near = pellucid_source::nearest(name, names.iter().map(String::as_str));
    match (near, names.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => format!("there is nothing in `{sort}` of the model folders"),
        (None, [only]) => format!("in `{sort}` there is only `{only}`"),
        (None, names) => {
            let shown: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
            let more = if names.len() > shown.len() { ", ..." } else { "" };
            format!("in `{sort}` there are {}{more}", shown.join(", "))
        }
    }
}

fn folders(sort: &str) -> impl Iterator<Item = &str> {
    let known = FOLDERS.iter().find(|(name, _)| *name == sort).map(|(_, folders)| *folders);
    let own = if known.is_none() { Some(sort) } else { None };
    known.unwrap_or(&[]).iter().copied().chain(own)
}

/// Weight files at most that many folders deep, by their paths below `dir` with `/` between.
fn list(dir: &Path, depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(dir.to_owned(), String::new(), depth)];
    while let Some((dir, prefix, depth)) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = entry.path();
            if found.len() >= MOST_LISTED {
                return found;
            }
            if path.is_dir() {
                if is_diffusers_folder(&path) {
                    found.push(format!("{prefix}{name}"));
                } else if depth > 0 && !name.starts_with('.') {
                    open.push((path, format!("{prefix}{name}/"), depth - 1));
                }
            } else if is_weights(&path) {
                found.push(format!("{prefix}{name}"));
            }
        }
    }
    found
}

fn is_weights(path: &Path) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str()).map(str::to_ascii_lowercase);
    suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix.as_str()))
}

#[cfg(test)]
mod tests {
    use pellucid_graph::WEIGHT_FOLDERS;

    use super::*;

    #[test]
    fn every_folder_that_a_graph_can_name_is_searched() {
        let searched: Vec<&str> = FOLDERS.iter().map(|(name, _)| *name).collect();
        // Latents lie there for workflows of ComfyUI; a graph names them as files.
        let named: Vec<&str> = searched.iter().copied().filter(|name| *name != "latents").collect();
        assert_eq!(named, WEIGHT_FOLDERS);
    }
}
