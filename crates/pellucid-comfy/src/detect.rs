//! What sort of file it is.

use pellucid_pixel::files::read_png_text;
use pellucid_source::{Json, Spanned};

/// The two formats of ComfyUI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What ComfyUI runs: nodes by id, inputs by name.
    Api,
    /// What its editor saves: nodes with places, links, widget values by position.
    Ui,
}

/// Which format of ComfyUI a JSON text is; none for anything else, such as a graph of ours.
///
/// UI format has a list of `nodes`, where a graph of ours has an object, and says so by a version, by
/// links or by nodes with a type. API format has an object with a `class_type` somewhere at its top.
pub fn detect(json: &Json) -> Option<Format> {
    let members = json.as_object()?;
    if json.get("pellucid").is_some() {
        return None;
    }
    if let Some(nodes) = json.get("nodes") {
        let is_node = |node: &Spanned<Json>| node.v.get("type").is_some();
        let marked = ["version", "links", "last_node_id"].iter().any(|key| json.get(key).is_some());
        let nodes = nodes.v.as_array()?;
        return (marked || nodes.iter().any(is_node)).then_some(Format::Ui);
    }
    let has_class = |json: &Spanned<Json>| json.v.get("class_type").is_some();
    let wrapped = json.get("prompt").and_then(|prompt| prompt.v.as_object());
    let nodes = members.iter().chain(wrapped.into_iter().flatten());
    nodes.map(|(_, node)| node).any(has_class).then_some(Format::Api)
}

/// A workflow found in a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedText {
    /// `prompt` or `workflow`.
    pub key: String,
    /// Its JSON.
    pub text: String,
}

/// The workflow that ComfyUI stored in a PNG: what was run if it is there and is JSON, else what the
/// editor had. ComfyUI writes `NaN` into the former at times, which is no JSON.
pub fn embedded(bytes: &[u8]) -> Option<EmbeddedText> {
    let texts = read_png_text(bytes);
    let find = |key: &str| texts.iter().find(|(k, _)| k == key).cloned();
    let (prompt, workflow) = (find("prompt"), find("workflow"));
    let sound = |text: &(String, String)| {
        pellucid_source::read(&text.1).is_ok_and(|json| detect(&json.v).is_some())
    };
    let best = prompt.clone().filter(sound).or_else(|| workflow.clone().filter(sound));
    let (key, text) = best.or(prompt).or(workflow)?;
    Some(EmbeddedText { key, text })
}
