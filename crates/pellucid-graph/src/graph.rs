//! The checked graph: flat, ordered, with a fact on every wire.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use pellucid_source::{Diagnostic, FileId, Place, Severity, Sources};
use pellucid_value::Fact;

use crate::document::OutputOptions;
use crate::{NodeKind, ParamValue};

/// A graph with everything looked up. Graphs used as nodes have been opened up; their nodes are
/// named `outer/inner`.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Nodes, outer ones in the order written.
    pub nodes: Vec<Node>,
    /// Indices of nodes, each after those it takes values from. Nodes on a cycle are left out.
    pub order: Vec<u32>,
    /// What the graph writes, in the order written.
    pub outputs: Vec<Output>,
    /// The graph files that were read, the outermost first.
    pub documents: Vec<DocumentFile>,
    /// Inputs of the graph itself: it can only be run as a node while there are any.
    pub open_inputs: Vec<(String, Place)>,
}

/// A graph file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text among the sources.
    pub file: FileId,
}

/// One node, ready to be keyed and run.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, `outer/inner` when it came with a graph used as a node.
    pub name: String,
    /// What it is an instance of.
    pub kind: Arc<NodeKind>,
    /// Wires of every input, parallel to the kind's inputs.
    pub inputs: Vec<Vec<Wire>>,
    /// Values of every param, parallel to the kind's params.
    pub params: Vec<ParamValue>,
    /// One fact for every output; `None` when the node or what it depends on was refused.
    pub facts: Option<Vec<Fact>>,
    /// When the only output is an input unchanged: the wire it comes from.
    pub forward: Option<Wire>,
    /// Bytes its run holds beside inputs and outputs.
    pub needs: u64,
    /// Where things stand in the files.
    pub places: NodePlaces,
}

/// Where the parts of a node stand in the files.
#[derive(Clone, Debug)]
pub struct NodePlaces {
    /// Its name.
    pub name: Place,
    /// Its kind.
    pub kind: Place,
    /// Every param that was set, parallel to the kind's params.
    pub params: Vec<Option<Place>>,
    /// Names of the nodes that are graphs it stands in, innermost first.
    pub within: Arc<[Place]>,
}

/// Where an input's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Index of the node.
    pub node: u32,
    /// Index of its output.
    pub output: u32,
    /// Where the wire is written.
    pub place: Place,
}

/// What the graph writes under a name.
#[derive(Clone, Debug)]
pub struct Output {
    /// A file name with a suffix, or a plain name that only a graph around this one can use.
    pub name: String,
    /// Where the name is written.
    pub place: Place,
    /// What to write; `None` when the wire leads nowhere.
    pub wire: Option<Wire>,
    /// How to write it.
    pub options: OutputOptions,
}

impl Output {
    /// The suffix that picks the format, in lower case; `None` for a plain name.
    pub fn suffix(&self) -> Option<String> {
        let file = self.name.rsplit('/').next().unwrap_or(&self.name);
        let (stem, suffix) = file.rsplit_once('.')?;
        (!stem.is_empty() && !suffix.is_empty()).then(|| suffix.to_ascii_lowercase())
    }
}

/// Everything checking found out, whether or not the graph can run.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The graph as far as it is sound.
    pub graph: Graph,
    /// All findings, sorted, each once.
    pub findings: Vec<Diagnostic>,
    /// The text of every file a finding can point at.
    pub sources: Sources,
}

impl Resolved {
    /// True when nothing stands in the way of running.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl Graph {
    /// Follows a wire through nodes that hand on an input unchanged.
    pub fn source(&self, mut wire: Wire) -> Wire {
        while let Some(forward) = self.nodes[wire.node as usize].forward {
            wire = Wire { place: wire.place, ..forward };
        }
        wire
    }

    /// The nodes these wires need, by index; nodes that hand on an input are left out.
    pub fn cone(&self, targets: &[Wire]) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<u32> = targets.iter().map(|target| self.source(*target).node).collect();
        while let Some(index) = open.pop() {
            if seen.insert(index) {
                let wires = self.nodes[index as usize].inputs.iter().flatten();
                open.extend(wires.map(|wire| self.source(*wire).node));
            }
        }
        seen
    }

    /// The fact of a wire, where it is known.
    pub fn fact(&self, wire: Wire) -> Option<&Fact> {
        self.nodes[wire.node as usize]
            .facts
            .as_ref()
            .and_then(|facts| facts.get(wire.output as usize))
    }
}
