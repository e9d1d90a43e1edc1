//! The graph inside a picture, so that a picture can be turned back into its graph.

use std::path::{Path, PathBuf};

use pellucid_graph::{Override, Resolved};
use pellucid_pixel::files::read_png_text;
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

/// The text to store with an output.
pub(crate) fn text(resolved: &Resolved, set: &[Override], output: &str) -> Option<(String, String)> {
    let documents = &resolved.graph.documents;
    let (top, others) = documents.split_first()?;
    let source = |file| resolved.sources.get(file).text.as_str();
    let base = folder(&top.path);
    let others: Vec<Value> = others
        .iter()
        .map(|document| {
            let path = relative(&document.path, base);
            json!({ "path": path.to_string_lossy(), "text": source(document.file) })
        })
        .collect();
    let set: Vec<&str> = set.iter().map(|set| set.text.as_str()).collect();
    let name = top.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let value = json!({
        "version": 1,
        "name": name.unwrap_or_default(),
        "output": output,
        "graph": source(top.file),
        "graphs": others,
        "set": set,
    });
    let text = value.to_string();
    (text.len() <= MAX_TEXT).then(|| (KEY.to_owned(), text))
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
