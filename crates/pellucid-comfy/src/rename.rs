//! Findings of later stages in ComfyUI's terms.

use std::collections::HashMap;

use pellucid_source::Diagnostic;

use crate::{Imported, ImportedNode};

impl Imported {
    /// Puts findings about nodes of the graph into ComfyUI's terms: node id, class, title, and the name
    /// of the input.
    pub fn rename(&self, findings: &mut Vec<Diagnostic>) {
        let nodes: HashMap<&str, &ImportedNode> =
            self.nodes.iter().map(|node| (node.name.as_str(), node)).collect();
        // What is missing is said by the findings of the import, if there are any.
        let told = findings.iter().any(|finding| finding.code.starts_with("comfy-"));
        findings.retain(|finding| !(told && finding.code == "no-outputs"));
        for finding in findings {
            rename(finding, &nodes);
        }
    }
}

fn rename(finding: &mut Diagnostic, nodes: &HashMap<&str, &ImportedNode>) {
    for note in &mut finding.notes {
        note.message = renamed(&note.message, nodes);
    }
    finding.hint = finding.hint.take().map(|hint| renamed(&hint, nodes));
    // How our own language would be mended helps nobody here.
    finding.hint = finding.hint.take().filter(|hint| {
        !["\"inputs\"", "\"params\"", "\"outputs\"", "`params`"].iter().any(|w| hint.contains(w))
    });
    let message = renamed(&finding.message, nodes);
    let Some(node) = finding.node.as_deref().and_then(|name| nodes.get(name)) else {
        finding.message = message;
        return;
    };
    let port = finding.port.as_deref();
    let given = node.ports.iter().find(|(name, ..)| Some(name.as_str()) == port);
    let (subject, input) = match given {
        Some((_, subject, input)) => (subject, Some(input)),
        None => (&node.subject, None),
    };
    let message = match (input, port) {
        (Some(input), Some(port)) => about_input(&message, port, input),
        _ => message,
    };
    finding.message = match (input, port) {
        _ if message.starts_with(subject.as_str()) => message,
        (Some(input), _) if !message.contains(input.as_str()) => {
            format!("{subject}, input `{input}`: {message}")
        }
        _ => format!("{subject}: {message}"),
    };
    finding.node = Some(subject.clone());
    finding.port = input.cloned().or(finding.port.take());
}

/// The message with the input's name for the port's, where it begins with that or quotes it.
fn about_input(message: &str, port: &str, input: &str) -> String {
    let quoted = message.replace(&format!("`{port}`"), &format!("`{input}`"));
    match quoted.strip_prefix(port) {
        Some(rest) if rest.starts_with([' ', ':']) => format!("`{input}`{rest}"),
        _ => quoted,
    }
}

/// The text with names of nodes replaced where they are surely meant: at its start, and before the dot
/// of a wire.
fn renamed(text: &str, nodes: &HashMap<&str, &ImportedNode>) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        let len = rest[start..].find(|c| !is_name(c)).unwrap_or(rest.len() - start);
        let word = &rest[start..start + len];
        let behind = &rest[start + len..];
        let wire = behind.strip_prefix('.').is_some_and(|output| output.starts_with(is_name));
        let first = out.is_empty() && start == 0 && behind.starts_with(' ');
        out.push_str(&rest[..start]);
        match nodes.get(word).filter(|_| wire || first) {
            Some(node) => out.push_str(&node.subject),
            None => out.push_str(word),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
