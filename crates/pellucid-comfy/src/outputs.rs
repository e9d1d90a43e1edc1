//! Files that a workflow writes, as outputs of a graph.

use pellucid_graph::comfy::{Literal, SaveAs};
use pellucid_graph::document::{OutputEntry, OutputOptions};
use pellucid_source::{Diagnostic, FileId, Severity, Spanned};

use crate::Prompt;
use crate::PromptNode;
use crate::lower::Lowered;

/// The outputs, in the order of the nodes that write them. Of nodes with the same prefix each has the
/// same name: their numbers follow one another.
pub(crate) fn outputs(
    lowered: &Lowered,
    prompt: &Prompt,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Vec<OutputEntry> {
    let mut outputs = Vec::new();
    for (at, saved) in &lowered.saved {
        let node = &prompt.nodes[*at];
        let named = match &saved.save {
            SaveAs::Image { prefix } => {
                let options = OutputOptions { floor: true, next: true, ..OutputOptions::default() };
                numbered(node, prefix, "png", file, findings).map(|name| (name, options))
            }
            SaveAs::Latent { prefix } => {
                let options = OutputOptions { next: true, ..OutputOptions::default() };
                numbered(node, prefix, "latent", file, findings).map(|name| (name, options))
            }
            SaveAs::Preview { suffix } => {
                let options = OutputOptions { floor: *suffix == "png", ..OutputOptions::default() };
                Some((preview_name(node, suffix), options))
            }
        };
        let Some((name, options)) = named else { continue };
        outputs.push(OutputEntry {
            name: Spanned::new(name, node.span),
            from: Spanned::new(saved.from.wire.clone(), saved.from.span.unwrap_or(node.span)),
            options,
        });
    }
    outputs
}

/// Previews are named by the node that shows them, since ids are what people see in ComfyUI.
fn preview_name(node: &PromptNode, suffix: &str) -> String {
    let id = node.id.replace(':', "_");
    let title = node.title.as_deref().filter(|title| !title.starts_with("Preview"));
    let title = title.and_then(crate::names::snake_case).map(|title| format!("_{title}"));
    let number = if suffix == "png" { "_##" } else { "" };
    format!("preview/{}{}{number}.{suffix}", safe(&id), title.unwrap_or_default())
}

/// The prefix with a place for the number, refused when it would leave the folder of outputs.
fn numbered(
    node: &PromptNode,
    prefix: &Literal,
    suffix: &str,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Option<String> {
    let text = prefix.json.as_text().unwrap_or_default().replace('\\', "/");
    let input = prefix.origin.as_ref().map_or("filename_prefix", |origin| &origin.input);
    if text.starts_with('/') || text.split('/').any(|part| part == "..") {
        let message = format!("`{input}` is {text:?}, which leaves the folder of outputs");
        let hint = "name a folder below it: \"portraits/ComfyUI\"";
        findings.push(node.error(file, "comfy-value", Some(input), message).hint(hint));
        return None;
    }
    let parts = text.split('/').enumerate();
    let last = text.split('/').count() - 1;
    let plain = |part: &str| !part.is_empty() && part != ".";
    let parts: Vec<String> =
        parts.filter(|(at, part)| *at == last || plain(part)).map(|(_, part)| safe(part)).collect();
    let name = parts.join("/");
    if name.contains('_') && safe(&text) != text {
        let message =
            format!("`{input}` has signs that no file name should have: it becomes {name:?}");
        let finding = node.error(file, "comfy-renamed", Some(input), message);
        findings.push(Diagnostic { severity: Severity::Warning, ..finding });
    }
    Some(format!("{name}_#####_.{suffix}"))
}

/// The text without signs that file systems refuse, or that mean something in names of outputs.
fn safe(text: &str) -> String {
    let bad = |c: char| c.is_control() || "\\:*?\"<>|#".contains(c);
    text.chars().map(|c| if bad(c) { '_' } else { c }).collect()
}
