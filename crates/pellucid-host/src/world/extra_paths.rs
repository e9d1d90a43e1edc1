//! Trees of ComfyUI, and its `extra_model_paths.yaml`.

use std::fs;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

use crate::paths::tidied;

/// Name of the file that lists further model folders.
const EXTRA_PATHS: &str = "extra_model_paths.yaml";

/// Larger files are no lists of folders.
const MAX_YAML: u64 = 1 << 20;

/// A folder of one sort of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraFolder {
    /// The sort: `checkpoints`, `loras`, …
    pub sort: String,
    /// The folder.
    pub dir: PathBuf,
    /// True when it is searched before all others.
    pub first: bool,
}

/// Where ComfyUI is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComfyTree {
    /// The folder with `models` and `input` in it.
    pub root: PathBuf,
}

impl ComfyTree {
    /// The trees that folders of models belong to: a folder may be a tree, or the `models` in one.
    pub fn of_models(models: &[PathBuf]) -> Vec<Self> {
        let tree = |dir: &PathBuf| {
            if dir.join("models").is_dir() {
                return Some(Self { root: dir.clone() });
            }
            let real = std::path::absolute(dir).ok()?;
            let root = real.parent().filter(|_| real.ends_with("models"))?.to_owned();
            Some(Self { root })
        };
        models.iter().filter_map(tree).collect()
    }

    /// The tree that a workflow lies in: the nearest folder above it with `models` and `input`.
    pub fn above(workflow: &Path) -> Option<Self> {
        let real = std::path::absolute(workflow).ok()?;
        let is_tree = |dir: &&Path| dir.join("models").is_dir() && dir.join("input").is_dir();
        real.ancestors().skip(1).find(is_tree).map(|root| Self { root: root.to_owned() })
    }

    /// Where it keeps pictures to load.
    pub fn input(&self) -> PathBuf {
        self.root.join("input")
    }
}

/// The folders listed in `extra_model_paths.yaml` of the ComfyUI trees that folders of models belong
/// to.
pub fn extra_of_models(models: &[PathBuf]) -> Vec<ExtraFolder> {
    let mut dirs: Vec<PathBuf> =
        ComfyTree::of_models(models).into_iter().map(|tree| tree.root).collect();
    dirs.extend(models.iter().cloned());
    dirs.dedup();
    extra_folders(&dirs)
}

/// The folders listed in `extra_model_paths.yaml` in any of these folders.
pub(crate) fn extra_folders(dirs: &[PathBuf]) -> Vec<ExtraFolder> {
    let mut found = Vec::new();
    for dir in dirs {
        let path = dir.join(EXTRA_PATHS);
        let small = fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_YAML);
        let text = small.then(|| fs::read_to_string(&path).ok()).flatten();
        found.extend(text.into_iter().flat_map(|text| listed(&text, dir)));
    }
    found
}

/// The folders a text lists. Sections are independent; what is not understood is left out, as ComfyUI
/// leaves out folders that are not there.
fn listed(text: &str, dir: &Path) -> Vec<ExtraFolder> {
    let Ok(documents) = YamlLoader::load_from_str(text) else { return Vec::new() };
    let sections = documents.iter().filter_map(Yaml::as_hash).flatten();
    let mut found = Vec::new();
    for keys in sections.filter_map(|(_, section)| section.as_hash()) {
        let key = |name: &str| keys.get(&Yaml::String(name.to_owned()));
        let base = key("base_path").and_then(Yaml::as_str).map(|base| dir.join(expanded(base)));
        let base = base.unwrap_or_else(|| dir.to_owned());
        let first = key("is_default").and_then(Yaml::as_bool) == Some(true);
        for (sort, folders) in keys {
            let (Some(sort), Some(folders)) = (sort.as_str(), folders.as_str()) else { continue };
            if matches!(sort, "base_path" | "is_default") {
                continue;
            }
            let lines = folders.lines().map(str::trim).filter(|line| !line.is_empty());
            found.extend(lines.map(|line| ExtraFolder {
                sort: modern(sort).to_owned(),
                dir: tidied(&base.join(expanded(line))),
                first,
            }));
        }
    }
    found
}

/// The newer name of a sort.
fn modern(sort: &str) -> &str {
    match sort {
        "unet" => "diffusion_models",
        "clip" => "text_encoders",
        sort => sort,
    }
}

/// A path with `~` and `$NAME` replaced from the environment.
fn expanded(path: &str) -> PathBuf {
    let home = || std::env::var("HOME").or_else(|_| std::env::var("USERPROFILE")).ok();
    let path = match (path.strip_prefix('~'), home()) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => home + rest,
        _ => path.to_owned(),
    };
    let mut out = String::new();
    let mut rest = path.as_str();
    while let Some(start) = rest.find('$') {
        let (before, name) = rest.split_at(start);
        out.push_str(before);
        let name = &name[1..];
        let braced = name.strip_prefix('{').and_then(|name| name.split_once('}'));
        let len = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        let (name, after) = braced.unwrap_or_else(|| name.split_at(len));
        match std::env::var(name) {
            Ok(value) if !name.is_empty() => {
                out.push_str(&value);
                rest = after;
            }
            _ => {
                out.push('$');
                rest = &rest[start + 1..];
            }
        }
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_give_folders_by_sort() {
        let text = "\
a111:
  base_path: /data/webui/
  checkpoints: models/Stable-diffusion
  loras: |
    models/Lora
    models/LyCORIS
  is_default: true
other:
  unet: here/unet
  layer_model: ../layers
broken: 3
";
        let found: Vec<_> = listed(text, Path::new("/comfy"))
            .into_iter()
            .map(|f| format!("{} {} {}", f.sort, f.dir.display(), f.first))
            .collect();
        assert_eq!(
            found,
            [
                "checkpoints /data/webui/models/Stable-diffusion true",
                "loras /data/webui/models/Lora true",
                "loras /data/webui/models/LyCORIS true",
                "diffusion_models /comfy/here/unet false",
                "layer_model /layers false",
            ]
        );
    }

    #[test]
    fn what_is_no_yaml_lists_nothing() {
        for text in ["", "{", "a: [", "- 1\n- 2", "a: &x [*x]", "a: {b: 1}"] {
            assert_eq!(listed(text, Path::new("/")), [], "{text}");
        }
    }

    #[test]
    fn home_and_variables_are_replaced() {
        let home = std::env::var("HOME").unwrap_or_default();
        assert_eq!(expanded("~/models"), Path::new(&home).join("models"));
        assert_eq!(expanded("$HOME/a${HOME}"), PathBuf::from(format!("{home}/a{home}")));
        assert_eq!(expanded("a$ b/$PELLUCID_NO_SUCH"), Path::new("a$ b/$PELLUCID_NO_SUCH"));
    }
}
