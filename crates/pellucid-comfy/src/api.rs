//! Reads API format.

use std::collections::HashSet;
use std::sync::Arc;

use pellucid_source::{Diagnostic, FileId, Json, Member, Spanned};

use crate::{Prompt, PromptInput, PromptNode, PromptValue};

/// Reads a workflow in API format, or the body of a request that holds one under `prompt`.
pub(crate) fn read(json: &Spanned<Json>, file: FileId, findings: &mut Vec<Diagnostic>) -> Prompt {
    let is_node = |json: &Spanned<Json>| json.v.get("class_type").is_some();
    let wrapped = json.v.get("prompt").filter(|prompt| !is_node(prompt));
    let members = wrapped.unwrap_or(json).v.as_object().unwrap_or_default();
    let mut seen = HashSet::new();
    let mut prompt = Prompt::default();
    for (id, node) in members {
        if !seen.insert(id.v.as_str()) {
            findings.push(
                Diagnostic::error("comfy-format", format!("there are two nodes #{}", id.v))
                    .at(id.span.at(file)),
            );
            continue;
        }
        prompt.nodes.extend(read_node(id, node, file, findings));
    }
    prompt
}

fn read_node(
    id: &Spanned<String>,
    json: &Spanned<Json>,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Option<PromptNode> {
    let class = json.v.get("class_type");
    let Some((class, span)) = class.and_then(|c| Some((c.v.as_text()?, c.span))) else {
        let message = format!("node #{} has no class_type, so it is not known what it is", id.v);
        let finding = Diagnostic::error("comfy-format", message).at(id.span.at(file));
        findings.push(finding.hint("the node may have come from a pack that was not installed"));
        return None;
    };
    let meta = json.v.get("_meta");
    let word = |key: &str| meta?.v.get(key)?.v.as_text().map(str::to_owned);
    let mut node = PromptNode {
        id: Arc::from(id.v.as_str()),
        span,
        class: class.to_owned(),
        title: word("title").filter(|title| !title.trim().is_empty()),
        pack: word("cnr_id").or_else(|| word("aux_id")),
        inputs: Vec::new(),
    };
    match json.v.get("inputs").map(|inputs| (&inputs.v, inputs.span)) {
        None => {}
        Some((Json::Object(members), _)) => node.inputs = members.iter().map(read_input).collect(),
        Some((other, span)) => {
            let message = format!("inputs is {}, but must be an object", other.kind());
            findings.push(node.error(file, "comfy-format", None, message).at(span.at(file)));
        }
    }
    Some(node)
}

fn read_input((name, json): &Member) -> PromptInput {
    let value = link(json).unwrap_or_else(|| {
        let wrapped = json.v.get("__value__");
        PromptValue::Literal(wrapped.unwrap_or(json).clone())
    });
    PromptInput { name: name.v.clone(), span: name.span, value }
}

/// A link is a list of two: a text and a number, which ComfyUI cuts to a whole one.
fn link(json: &Spanned<Json>) -> Option<PromptValue> {
    let [node, slot] = json.v.as_array()? else { return None };
    let slot = slot.v.as_number()?;
    // A slot that is no count is no slot of any node.
    let slot = slot.as_u64().unwrap_or(u64::MAX);
    Some(PromptValue::Link { node: Arc::from(node.v.as_text()?), slot, span: json.span })
}
