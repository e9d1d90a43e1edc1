//! The graph inside a picture, so that a picture can be turned back into its graph.

use std::path::{Path, PathBuf};

use pellucid_graph::{Override, Resolved};
use pellucid_pixel::files::{read_png_text, with_png_text};
use serde_json::{Value, json};

use crate::paths::folder;

/// Key of the text in a picture file.
pub(crate) const KEY: &str = "pellucid";

/// Graphs longer than this together are not stored with every picture.
const MAX_TEXT: usize = 1 << 20;

/// What made a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The graph file as it was written.
    pub graph: String,
    /// The graph's name, for a file to write it to.
    pub name: String,
    /// Graphs used as nodes: path relative to the graph, and text.
    pub graphs: Vec<(PathBuf, String)>,
    /// Params set from outside, `NAME=VALUE`.
    pub set: Vec<String>,
    /// The output the picture was.
    pub output: String,
}

/// What made the outputs of a run; `None` when the graphs are too long to go with every picture.
pub(crate) fn text(resolved: &Resolved, set: &[Override]) -> Option<Provenance> {
    let (top, others) = resolved.graph.documents.split_first()?;
    let source = |file| resolved.sources.get(file).text.clone();
    let base = folder(&top.path);
    let graphs: Vec<(PathBuf, String)> =
        others.iter().map(|d| (relative(&d.path, base), source(d.file))).collect();
    let graph = source(top.file);
    let len = graph.len() + graphs.iter().map(|(_, text)| text.len()).sum::<usize>();
    let name = top.path.file_name().map(|name| name.to_string_lossy().into_owned());
    (len <= MAX_TEXT).then(|| Provenance {
        graph,
        name: name.unwrap_or_default(),
        graphs,
        set: set.iter().map(|set| set.text.clone()).collect(),
        output: String::new(),
    })
}

/// The bytes of a PNG with what made it as a text chunk; `None` for bytes of another format.
pub(crate) fn signed(bytes: &[u8], by: &Provenance, output: &str) -> Option<Vec<u8>> {
    let graphs = by
        .graphs
        .iter()
        .map(|(path, text)| json!({ "path": path.to_string_lossy(), "text": text }));
    let value = json!({
        "version": 1,
        "name": by.name,
        "output": output,
        "graph": by.graph,
        "graphs": graphs.collect::<Vec<_>>(),
        "set": by.set,
    });
    with_png_text(bytes, &[(KEY.to_owned(), value.to_string())])
}

/// What made a picture, as stored in the bytes of its file. `None` for a picture of other origin.
pub fn read_provenance(bytes: &[u8]) -> Option<Provenance> {
    let texts = read_png_text(bytes);
    let text = &texts.iter().find(|(key, _)| key == KEY)?.1;
    let value: Value = serde_json::from_str(text).ok()?;
    let string = |value: &Value| value.as_str().map(str::to_owned);
    let graphs = value["graphs"].as_array()?.iter();
    Some(Provenance {
        graph: string(&value["graph"])?,
        name: string(&value["name"]).unwrap_or_default(),
        graphs: graphs
            .map(|graph| Some((string(&graph["path"])?.into(), string(&graph["text"])?)))
            .collect::<Option<_>>()?,
        set: value["set"].as_array()?.iter().map(string).collect::<Option<_>>()?,
        output: string(&value["output"]).unwrap_or_default(),
    })
}

/// `path` as seen from `base`, both relative to the same folder.
fn relative(path: &Path, base: &Path) -> PathBuf {
    let mut path_parts = path.components().peekable();
    let mut base_parts = base.components().filter(|part| part.as_os_str() != ".").peekable();
    while path_parts.peek().is_some() && path_parts.peek() == base_parts.peek() {
        path_parts.next();
        base_parts.next();
    }
    let up = base_parts.map(|_| PathBuf::from(".."));
    up.chain(path_parts.map(|part| part.as_os_str().into())).collect()
}
