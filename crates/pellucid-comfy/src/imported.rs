//! A workflow as a graph.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use pellucid_graph::comfy::{MadeNode, Origin, Stands};
use pellucid_graph::document::{Document, NodeEntry, Setting, WireName};
use pellucid_graph::{FilePlace, Kinds, ParamType};
use pellucid_source::{Diagnostic, FileId, Json, Span, Spanned, did_you_mean};

use crate::lower::{Lowered, lower};
use crate::prompt::{Classes, Declared};
use crate::{Format, Moment, Prompt, PromptNode, api, detect, need, outputs, python, ui};

/// A workflow as a graph, and how the two belong together.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The graph; its places are in the workflow.
    pub document: Document,
    /// Which format the workflow has.
    pub format: Format,
    /// Texts of notes.
    pub notes: Vec<String>,
    /// Nodes of the graph, parallel to the document's.
    pub nodes: Vec<ImportedNode>,
    /// What stands for the output slots of ComfyUI's nodes, in the workflow's order.
    pub values: Vec<ImportedValue>,
    /// The text chunks by which ComfyUI takes a picture back, by key.
    pub chunks: Vec<(String, String)>,
}

/// A node of the graph and the one of ComfyUI that it stands for.
#[derive(Clone, Debug)]
pub struct ImportedNode {
    /// Its name in the graph.
    pub name: String,
    /// Id of the other.
    pub id: Arc<str>,
    /// The other as findings call it: `#3 KSampler "Draw"`.
    pub subject: String,
    /// Inputs and params that were given in the workflow: name here, name of the node there as
    /// findings call it, input there.
    pub ports: Vec<(String, String, String)>,
}

/// An output slot of a ComfyUI node, and the wire that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedValue {
    /// Id of the node.
    pub node: Arc<str>,
    /// Its slot.
    pub slot: usize,
    /// The output in the graph.
    pub wire: WireName,
}

/// Turns a workflow into a graph; nothing when the JSON is none. `now` is for file names that say dates.
/// What cannot be turned is left out of the graph and told in `findings`.
pub fn import(
    json: &Spanned<Json>,
    kinds: &Kinds,
    file: FileId,
    now: &Moment,
    findings: &mut Vec<Diagnostic>,
) -> Option<Imported> {
    let format = detect(&json.v)?;
    let classes = Classes::of(kinds);
    let prompt = match format {
        Format::Ui => ui::read(json, file, &classes, now, findings),
        Format::Api => {
            let mut prompt = api::read(json, file, findings);
            let classes: Vec<String> = prompt.nodes.iter().map(|n| n.class.clone()).collect();
            let called: Vec<Option<&str>> = classes.iter().map(|c| Some(c.as_str())).collect();
            ui::name_files(&mut prompt, &called, now);
            prompt
        }
    };
    let declared: Vec<Option<Declared>> =
        prompt.nodes.iter().map(|node| classes.fitting(node)).collect();
    tell_unknown(&prompt, &classes, file, findings);
    let needed = need::needed(&prompt, &declared, file, findings);
    // A class that is not known may be one that saves.
    let all_known = declared.iter().all(Option::is_some);
    if needed.order.is_empty() && all_known {
        tell_no_outputs(&prompt, json, file, findings);
    }
    let lowered = lower(&prompt, &declared, &needed, file, findings);
    let entries = outputs::outputs(&lowered, &prompt, file, findings);
    let nodes = lowered.nodes.iter();
    let document = Document {
        file,
        span: json.span,
        params: Vec::new(),
        inputs: Vec::new(),
        nodes: nodes.clone().map(|(at, made)| entry(made, prompt.nodes[*at].span)).collect(),
        outputs: entries,
    };
    let by_id: HashMap<&str, &PromptNode> = prompt.nodes.iter().map(|n| (&*n.id, n)).collect();
    let subjects =
        |origin: &Origin| by_id.get(&*origin.node).map(|node| node.subject()).unwrap_or_default();
    let imported_nodes =
        nodes.map(|(at, made)| imported_node(made, &prompt.nodes[*at], &subjects)).collect();
    Some(Imported {
        document,
        format,
        notes: prompt.notes.clone(),
        nodes: imported_nodes,
        values: values(&prompt, &lowered),
        chunks: chunks(format, json, &prompt),
    })
}

impl Imported {
    /// Gives pictures the names that `place` has for them: a workflow looks in `input` folders, a graph
    /// of ours beside itself.
    pub fn rename_pictures(&mut self, kinds: &Kinds, place: impl Fn(&str) -> Option<String>) {
        for node in &mut self.document.nodes {
            let Some(kind) = kinds.get(&node.kind.v) else { continue };
            for (name, setting) in &mut node.params {
                let decl = kind.params.iter().find(|decl| decl.name == name.v);
                let is_picture = decl.is_some_and(|decl| {
                    let (ParamType::File(place) | ParamType::Files(place)) = &decl.ty else {
                        return false;
                    };
                    *place == FilePlace::Picture
                });
                if let (true, Setting::Literal(literal)) = (is_picture, setting) {
                    rename_texts(&mut literal.v, &place);
                }
            }
        }
    }
}

fn rename_texts(json: &mut Json, place: &impl Fn(&str) -> Option<String>) {
    match json {
        Json::Text(name) => *name = place(name).unwrap_or_else(|| name.clone()),
        Json::Array(items) => items.iter_mut().for_each(|item| rename_texts(&mut item.v, place)),
        _ => {}
    }
}

fn tell_unknown(prompt: &Prompt, classes: &Classes, file: FileId, findings: &mut Vec<Diagnostic>) {
    for node in &prompt.nodes {
        if !classes.editions(&node.class).is_empty() {
            continue;
        }
        let pack = match node.pack.as_deref() {
            None => String::new(),
            Some("comfy-core") => ", a node of ComfyUI itself,".into(),
            Some(pack) => format!(", a node of the pack {pack:?},"),
        };
        let message = format!("{:?}{pack} is not supported", node.class);
        let finding = node.error(file, "comfy-unknown-class", None, message);
        let near = did_you_mean(&node.class, classes.names().iter().copied());
        findings.push(finding.hint(near.unwrap_or_else(|| {
            "take the node out, or mute it, if the pictures do not need it".into()
        })));
    }
}

fn tell_no_outputs(
    prompt: &Prompt,
    json: &Spanned<Json>,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) {
    let start = Span { start: json.span.start, end: json.span.start + 1 };
    let message = if prompt.nodes.is_empty() {
        "the workflow has no nodes that run"
    } else {
        "the workflow has no node that saves or shows anything, so nothing would run"
    };
    findings.push(
        Diagnostic::error("comfy-no-outputs", message)
            .at(start.at(file))
            .hint("add a SaveImage or a PreviewImage; muted ones do not count"),
    );
}

fn entry(made: &MadeNode, span: Span) -> NodeEntry {
    let name = |name: &str, at: Option<Span>| Spanned::new(name.to_owned(), at.unwrap_or(span));
    let inputs = made.inputs.iter().map(|(input, wires)| {
        let placed = wires.iter().map(|w| Spanned::new(w.wire.clone(), w.span.unwrap_or(span)));
        let first = wires.first().and_then(|wire| wire.span);
        (name(input, first), placed.collect())
    });
    let params = made.params.iter().map(|(param, literal)| {
        let value = Spanned::new(literal.json.clone(), literal.span.unwrap_or(span));
        (name(param, literal.span), Setting::Literal(value))
    });
    NodeEntry {
        name: Spanned::new(made.name.clone(), span),
        kind: Spanned::new(made.kind.clone(), span),
        inputs: inputs.collect(),
        params: params.collect(),
    }
}

fn imported_node(
    made: &MadeNode,
    node: &PromptNode,
    subject_of: &impl Fn(&Origin) -> String,
) -> ImportedNode {
    let of_wires = made
        .inputs
        .iter()
        .filter_map(|(name, wires)| Some((name, wires.first()?.origin.as_ref()?)));
    let of_params =
        made.params.iter().filter_map(|(name, literal)| Some((name, literal.origin.as_ref()?)));
    let port = |(name, origin): (&String, &Origin)| {
        let subject = if origin.node == node.id { node.subject() } else { subject_of(origin) };
        (name.clone(), subject, origin.input.clone())
    };
    ImportedNode {
        name: made.name.clone(),
        id: node.id.clone(),
        subject: node.subject(),
        ports: of_wires.chain(of_params).map(port).collect(),
    }
}

fn values(prompt: &Prompt, lowered: &Lowered) -> Vec<ImportedValue> {
    let there: HashSet<&str> = lowered.nodes.iter().map(|(_, node)| &*node.name).collect();
    let mut values = Vec::new();
    for (at, node) in prompt.nodes.iter().enumerate() {
        let outputs = lowered.outputs.get(&at).into_iter().flatten();
        for (slot, stands) in outputs.enumerate() {
            let Stands::Wire(wire) = stands else { continue };
            if there.contains(&*wire.wire.node) {
                values.push(ImportedValue { node: node.id.clone(), slot, wire: wire.wire.clone() });
            }
        }
    }
    values
}

/// Workflows longer than this are not stored with every picture.
const MAX_CHUNK: usize = 4 << 20;

fn chunks(format: Format, json: &Spanned<Json>, prompt: &Prompt) -> Vec<(String, String)> {
    let prompt = ("prompt".to_owned(), python::dumps(&python::prompt_json(prompt)));
    let mut chunks = vec![prompt];
    if format == Format::Ui {
        chunks.push(("workflow".to_owned(), python::dumps(&json.v)));
    }
    chunks.retain(|(_, text)| text.len() <= MAX_CHUNK);
    chunks
}
