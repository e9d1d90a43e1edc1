//! Instances of subgraphs, opened.

use std::collections::HashMap;

use pellucid_source::{Diagnostic, FileId, Json, Spanned};

use super::read::{Mode, Node, Slot, Values, Workflow};

/// More nodes than this are a mistake, or an attack: subgraphs that use subgraphs multiply.
const MAX_NODES: usize = 200_000;

/// The outermost graph and every instance of a subgraph in it that runs.
pub(super) struct Frames<'j> {
    pub list: Vec<Frame<'j>>,
    /// For every graph, which of its inputs go to widgets.
    promoted: Vec<Vec<bool>>,
}

/// One graph in the place where it is used.
pub(super) struct Frame<'j> {
    /// Index among the workflow's graphs.
    pub graph: usize,
    /// The frame and the index of the node that is this instance.
    pub parent: Option<(usize, usize)>,
    /// What ids in it begin with: `2:`.
    pub prefix: String,
    /// Frames of its nodes that are instances, by index.
    pub children: HashMap<usize, usize>,
    /// Values of the definition's inputs that are promoted widgets, by their index.
    pub values: HashMap<usize, &'j Spanned<Json>>,
    /// Values of inner widgets: id, widget, value.
    set: Vec<(String, &'j str, &'j Spanned<Json>)>,
}

impl<'j> Frame<'j> {
    /// Values that the instance has for widgets of an inner node.
    pub fn overrides(&self, id: &str) -> impl Iterator<Item = (&'j str, &'j Spanned<Json>)> {
        let set = self.set.iter().filter(move |(node, ..)| node == id);
        set.map(|(_, widget, value)| (*widget, *value))
    }
}

impl<'j> Frames<'j> {
    /// All nodes, those of an instance where the instance stands.
    pub fn nodes<'w>(&'w self, workflow: &'w Workflow<'j>) -> Vec<(usize, &'w Node<'j>)> {
        let mut nodes = Vec::new();
        let mut waiting = vec![(0, 0)];
        while let Some((frame, at)) = waiting.pop() {
            let within = &self.list[frame];
            let Some(node) = workflow.graphs[within.graph].nodes.get(at) else { continue };
            waiting.push((frame, at + 1));
            match within.children.get(&at) {
                Some(child) => waiting.push((*child, 0)),
                None => nodes.push((frame, node)),
            }
        }
        nodes
    }
}

/// Opens every instance that runs. A subgraph that contains itself is refused.
pub(super) fn frames<'j>(
    workflow: &Workflow<'j>,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Frames<'j> {
    let mut frames = Frames {
        promoted: promoted(workflow),
        list: vec![Frame {
            graph: 0,
            parent: None,
            prefix: String::new(),
            children: HashMap::new(),
            values: HashMap::new(),
            set: Vec::new(),
        }],
    };
    let mut count = workflow.graphs[0].nodes.len();
    let mut next = 0;
    while next < frames.list.len() {
        let nodes = &workflow.graphs[frames.list[next].graph].nodes;
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| node.mode == Mode::Always) {
            let Some(graph) = workflow.definitions.get(node.class).copied() else { continue };
            let error = |message: &str| {
                let subject = format!("#{}{}", frames.list[next].prefix, node.id);
                let message = format!("{subject}: {message}");
                Diagnostic::error("comfy-subgraph", message).at(node.span.at(file)).node(subject)
            };
            if contains(&frames, next, graph) {
                let name = workflow.graphs[graph].name;
                findings.push(error(&format!("subgraph {name:?} contains itself")));
                continue;
            }
            count += workflow.graphs[graph].nodes.len();
            if count > MAX_NODES {
                let message = format!("the workflow has more than {MAX_NODES} nodes");
                findings.push(error(&message).hint("subgraphs in subgraphs multiply; use fewer"));
                return frames;
            }
            let child = instance(workflow, &frames, (next, at), graph, node);
            let index = frames.list.len();
            frames.list.push(child);
            frames.list[next].children.insert(at, index);
        }
        next += 1;
    }
    frames
}

/// Whether a frame is of a graph, or stands in one that is.
fn contains(frames: &Frames, frame: usize, graph: usize) -> bool {
    let mut at = Some(frame);
    while let Some(frame) = at {
        if frames.list[frame].graph == graph {
            return true;
        }
        at = frames.list[frame].parent.map(|(parent, _)| parent);
    }
    false
}

fn instance<'j>(
    workflow: &Workflow<'j>,
    frames: &Frames<'j>,
    parent: (usize, usize),
    graph: usize,
    node: &Node<'j>,
) -> Frame<'j> {
    let mut frame = Frame {
        graph,
        parent: Some(parent),
        prefix: format!("{}{}:", frames.list[parent.0].prefix, node.id),
        children: HashMap::new(),
        values: HashMap::new(),
        set: Vec::new(),
    };
    promoted_values(workflow, frames, node, &mut frame);
    frame
}

/// What an instance has for promoted widgets, by each of the ways there have been to store it.
fn promoted_values<'j>(
    workflow: &Workflow<'j>,
    frames: &Frames<'j>,
    node: &Node<'j>,
    frame: &mut Frame<'j>,
) {
    let inputs = &workflow.graphs[frame.graph].inputs;
    let by_name = |name: &str| inputs.iter().position(|input| input.name == name);
    let named = match node.values {
        Values::Named(members) => members,
        _ => node.named,
    };
    if let Values::Listed(values) = node.values.some_if(!node.proxies.is_empty()) {
        // Previews are listed among the widgets, but need not have values.
        let is_value = |(_, widget): &&(String, &str)| !widget.starts_with("$$");
        let with_previews = values.len() == node.proxies.len();
        let proxies = node.proxies.iter().filter(|proxy| with_previews || is_value(proxy));
        for ((inner, widget), value) in proxies.zip(values) {
            match inner.as_str() {
                "-1" => drop(by_name(widget).map(|at| frame.values.insert(at, value))),
                _ => frame.set.push((inner.clone(), widget, value)),
            }
        }
        return;
    }
    let promoted = (0..inputs.len()).filter(|at| frames.promoted[frame.graph][*at]);
    if let Values::Listed(values) = node.values {
        frame.values.extend(promoted.zip(values));
    }
    for (name, value) in named {
        if let Some(at) = by_name(&name.v) {
            frame.values.insert(at, value);
        }
    }
}

impl Values<'_> {
    fn some_if(self, wanted: bool) -> Self {
        if wanted { self } else { Values::None }
    }
}

/// Subgraphs in subgraphs deeper than this are not looked through for widgets.
const MAX_DEPTH: usize = 32;

/// For every graph, which of its inputs go to widgets.
fn promoted(workflow: &Workflow) -> Vec<Vec<bool>> {
    let mut known: Known =
        workflow.graphs.iter().map(|graph| vec![None; graph.inputs.len()]).collect();
    for graph in 0..known.len() {
        for input in 0..known[graph].len() {
            is_promoted(workflow, graph, input, 0, &mut known);
        }
    }
    let decided = |inputs: Vec<Option<bool>>| inputs.iter().map(|i| *i == Some(true)).collect();
    known.into_iter().map(decided).collect()
}

/// What is known so far, by graph and input.
type Known = Vec<Vec<Option<bool>>>;

fn is_promoted(
    workflow: &Workflow,
    graph: usize,
    input: usize,
    depth: usize,
    known: &mut Known,
) -> bool {
    match known[graph].get(input) {
        None => return false,
        Some(Some(decided)) => return *decided,
        Some(None) if depth > MAX_DEPTH => return false,
        // Until it is decided it is not: a graph that contains itself is refused elsewhere.
        Some(None) => known[graph][input] = Some(false),
    }
    let within = &workflow.graphs[graph];
    let links = within.from_inputs.get(&(input as i64)).into_iter().flatten();
    let promoted = links.map(|at| &within.links[*at]).any(|link| {
        let Some(node) = within.by_id.get(&link.target).map(|at| &within.nodes[*at]) else {
            return false;
        };
        let taken = |slot: &&Slot| slot.link.is_some_and(|taken| taken.v == link.id);
        if let Some(slot) = node.inputs.iter().find(taken) {
            return slot.widget.is_some();
        }
        // An instance need not list the inputs of its definition.
        let inner = workflow.definitions.get(node.class).copied();
        let inner = inner.zip(usize::try_from(link.target_slot).ok());
        inner.is_some_and(|(inner, at)| is_promoted(workflow, inner, at, depth + 1, known))
    });
    known[graph][input] = Some(promoted);
    promoted
}
