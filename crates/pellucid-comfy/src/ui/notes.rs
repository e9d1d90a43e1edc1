//! What people wrote beside the nodes.

use pellucid_source::Json;

use super::frames::Frames;
use super::read::{Node, Values, Workflow};

/// The texts of all notes, those of a subgraph once.
pub(super) fn notes(workflow: &Workflow, frames: &Frames) -> Vec<String> {
    // The frame that a graph is met in first.
    let mut first = vec![None; workflow.graphs.len()];
    let mut notes = Vec::new();
    for (frame, node) in frames.nodes(workflow) {
        let first = first[frames.list[frame].graph].get_or_insert(frame);
        if *first == frame && matches!(node.class, "Note" | "MarkdownNote") {
            notes.extend(text(node));
        }
    }
    notes
}

fn text(node: &Node) -> Option<String> {
    let value = match node.values {
        Values::Listed(values) => &values.first()?.v,
        Values::Named(members) => &members.first()?.1.v,
        Values::None => return None,
    };
    let Json::Text(text) = value else { return None };
    let text = text.trim();
    (!text.is_empty()).then(|| match node.title {
        Some(title) if !matches!(title, "Note" | "MarkdownNote" | "Markdown Note") => {
            format!("{title}: {text}")
        }
        _ => text.to_owned(),
    })
}
