//! What the graph writes: names, wires, formats.

use pellucid_source::{Diagnostic, Severity, did_you_mean};

use super::expand::Expanded;
use super::wires::{Lead, lead};
use super::{Formats, hinted};
use crate::{Graph, Output, Site};

/// Looks up the wires of the outermost graph's outputs.
pub(super) fn connect(expanded: &mut Expanded, graph: &mut Graph, findings: &mut Vec<Diagnostic>) {
    let document = &expanded.loaded[0].document;
    for entry in &document.outputs {
        let place = document.at(entry.from.span);
        let wire = match lead(expanded, 0, &entry.from, place, 0, findings) {
            Lead::To(wire) => Some(wire),
            Lead::Open | Lead::Nothing | Lead::Broken => None,
        };
        graph.outputs.push(Output {
            name: entry.name.v.clone(),
            place: document.at(entry.name.span),
            wire,
            options: entry.options.clone(),
        });
    }
    if document.outputs.is_empty() {
        findings.push(
            Diagnostic::warning("no-outputs", "the graph has no outputs, so nothing would run")
                .at(document.at(pellucid_source::Span {
                    start: document.span.start,
                    end: document.span.start + 1,
                }))
                .hint("add \"outputs\": { \"picture.png\": \"node.output\" }"),
        );
    }
}

/// Checks names, and what the formats can hold, and finds nodes nothing asks for.
pub(super) fn check(graph: &Graph, formats: &dyn Formats, findings: &mut Vec<Diagnostic>) {
    for output in &graph.outputs {
        check_output(graph, output, formats, findings);
    }
    // Behind an error, what is unused cannot be told from what is not wired yet.
    if !findings.iter().any(|finding| finding.severity == Severity::Error) {
        tell_unused(graph, findings);
    }
}

fn check_output(
    graph: &Graph,
    output: &Output,
    formats: &dyn Formats,
    findings: &mut Vec<Diagnostic>,
) {
    if let Some(trouble) = bad_name(&output.name) {
        findings.push(
            Diagnostic::error("bad-output", format!("an output's name {trouble}"))
                .at(output.place)
                .hint("use a plain file name, in a folder below if need be: \"layers/hair.png\""),
        );
        return;
    }
    let Some(suffix) = output.suffix() else { return };
    let suffixes = formats.suffixes();
    if !suffixes.contains(&suffix.as_str()) {
        let hint = did_you_mean(&suffix, suffixes.iter().copied())
            .unwrap_or_else(|| format!("it may be {}", suffixes.join(", ")));
        findings.push(
            Diagnostic::error("bad-output", format!("there is no format `.{suffix}`"))
                .at(output.place)
                .hint(hint),
        );
        return;
    }
    if output.options.next && !output.name.contains('#') {
        findings.push(
            Diagnostic::error(
                "bad-output",
                "an output that is numbered has no place for the number",
            )
            .at(output.place)
            .hint("put # where the number goes: \"picture_###.png\""),
        );
        return;
    }
    let Some(wire) = output.wire else { return };
    let Some(fact) = graph.fact(wire) else { return };
    if fact.batch() > 1 && !output.name.contains('#') && !formats.holds_batch(&suffix) {
        findings.push(
            Diagnostic::error(
                "bad-output",
                format!("{} holds one picture, but {} come", output.name, fact.batch()),
            )
            .at(output.place)
            .hint("put # where the number goes: \"picture_##.png\""),
        );
    }
    if let Err(error) = formats.check(&suffix, fact, &output.options) {
        let options = &output.options;
        let option = match &error.site {
            Site::Param(name) if name == "bits" => options.bits.as_ref().map(|o| o.span),
            Site::Param(name) if name == "quality" => options.quality.as_ref().map(|o| o.span),
            Site::Param(name) if name == "background" => {
                options.background.as_ref().map(|o| o.span)
            }
            _ => None,
        };
        let place =
            option.map_or(output.place, |span| pellucid_source::Place { span, ..output.place });
        let source = &graph.nodes[wire.node as usize];
        let finding = Diagnostic::error("bad-output", error.message)
            .at(place)
            .note(source.places.name, "the value is made here");
        findings.push(hinted(finding, error.hint));
    }
}

/// Names that would leave the output folder, or that no file system wants.
fn bad_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".into());
    }
    if let Some(c) = name.chars().find(|c| c.is_control() || "\\:*?\"<>|".contains(*c)) {
        return Some(format!("has {c:?} in it"));
    }
    if name.starts_with('/') {
        return Some("starts at the root of the file system".into());
    }
    let file = name.rsplit('/').next().unwrap_or(name);
    match file.rsplit_once('.').filter(|_| !matches!(file, "." | "..")) {
        Some((_, "")) => return Some("ends in a dot".into()),
        Some(("", _)) => return Some("is only a suffix".into()),
        _ => {}
    }
    name.split('/').find_map(|part| match part {
        "" => Some("has an empty part".to_owned()),
        "." | ".." => Some(format!("has `{part}` in it")),
        part if part.len() > 200 => Some("is longer than 200 bytes".to_owned()),
        _ => None,
    })
}

/// Warns of nodes that no output asks for: they are checked, but never run.
fn tell_unused(graph: &Graph, findings: &mut Vec<Diagnostic>) {
    let mut used = vec![false; graph.nodes.len()];
    let mut waiting: Vec<u32> =
        graph.outputs.iter().filter_map(|output| output.wire.map(|wire| wire.node)).collect();
    while let Some(index) = waiting.pop() {
        if !std::mem::replace(&mut used[index as usize], true) {
            let inputs = graph.nodes[index as usize].inputs.iter().flatten();
            waiting.extend(inputs.map(|wire| wire.node));
        }
    }
    for (node, _) in graph.nodes.iter().zip(used).filter(|(_, used)| !used) {
        // A node inside a graph used as a node is not this file's concern.
        if !node.places.within.is_empty() {
            continue;
        }
        findings.push(
            Diagnostic::warning("unused-node", format!("no output needs {}", node.name))
                .at(node.places.name)
                .node(&node.name),
        );
    }
}
