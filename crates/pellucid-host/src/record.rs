//! What the last run was made of, so that `explain` can say what changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_graph::{Fate, Graph, Keys};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::write::write_atomically;

/// The nodes of a run, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    nodes: BTreeMap<String, NodeRecord>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NodeRecord {
    key: String,
    kind: String,
    revision: u32,
    params: BTreeMap<String, String>,
    /// Key and output index of every wire.
    inputs: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, String>,
}

impl Record {
    /// The record of a graph with keys.
    pub fn of(graph: &Graph, keys: &Keys) -> Self {
        let nodes = (0..graph.nodes.len()).filter_map(|index| {
            Some((graph.nodes[index].name.clone(), node_record(graph, keys, index)?))
        });
        Self { nodes: nodes.collect() }
    }

    /// Reads the record of a graph file; an absent or damaged one is empty.
    pub fn load(dir: &Path, graph: &Path) -> Option<Self> {
        let bytes = std::fs::read(file(dir, graph)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Keeps the record of a graph file. A record that cannot be kept costs only explanations.
    pub fn save(&self, dir: &Path, graph: &Path) {
        if let Ok(bytes) = serde_json::to_vec(self) {
            drop(write_atomically(&file(dir, graph), &bytes));
        }
    }

    /// Why a node would run, compared with this record.
    pub fn reason(&self, graph: &Graph, keys: &Keys, index: usize) -> String {
        let node = &graph.nodes[index];
        let Some(now) = node_record(graph, keys, index) else { return "it cannot run".into() };
        let Some(then) = self.nodes.get(&node.name) else {
            return match self.nodes.iter().find(|(_, record)| record.key == now.key) {
                Some((name, _)) => {
                    format!("it was called {name}, and its result is no longer kept")
                }
                None => "it has not run before".into(),
            };
        };
        if then.key == now.key {
            return "its result is no longer kept".into();
        }
        let mut reasons = Vec::new();
        if then.kind != now.kind {
            return format!("it was a {}, is a {}", then.kind, now.kind);
        }
        if then.revision != now.revision {
            reasons.push(format!("{} works differently now", now.kind));
        }
        for (name, value) in &now.params {
            match then.params.get(name) {
                Some(old) if old != value => reasons.push(format!("{name} was {old}, is {value}")),
                Some(_) => {}
                None => reasons.push(format!("{name} is new")),
            }
        }
        for (name, stamp) in &now.files {
            if then.files.get(name).is_some_and(|old| old != stamp) {
                reasons.push(format!("{name} has changed"));
            }
        }
        for (name, wires) in &now.inputs {
            if then.inputs.get(name).is_none_or(|old| old != wires) {
                reasons.push(format!("{name} is another value"));
            }
        }
        if reasons.is_empty() {
            "it would run on another class of device".into()
        } else {
            reasons.join("; ")
        }
    }
}

/// What will happen to a node, in words; for one that would run, why.
pub(crate) fn words(
    fate: Fate,
    record: Option<&Record>,
    graph: &Graph,
    keys: &Keys,
    index: usize,
) -> String {
    match fate {
        Fate::Run => match record {
            Some(record) => format!("will run: {}", record.reason(graph, keys, index)),
            None => "will run: nothing is known of an earlier run".into(),
        },
        Fate::Memory => "kept in memory".into(),
        Fate::Disk => "kept on disk".into(),
        Fate::Forward => "hands on its input".into(),
        Fate::Same { node } => format!("same work as {}", graph.nodes[node as usize].name),
        Fate::NotNeeded => "not needed".into(),
        Fate::Refused => "refused".into(),
    }
}

fn file(dir: &Path, graph: &Path) -> PathBuf {
    let graph = std::path::absolute(graph).unwrap_or_else(|_| graph.to_owned());
    dir.join("runs").join(format!("{:032x}.json", xxh3_128(graph.to_string_lossy().as_bytes())))
}

fn node_record(graph: &Graph, keys: &Keys, index: usize) -> Option<NodeRecord> {
    let node = &graph.nodes[index];
    let key = keys.keys[index]?;
    let params = node.kind.params.iter().zip(&node.params);
    let inputs = node.kind.inputs.iter().zip(&node.inputs).map(|(decl, wires)| {
        let wires = wires.iter().filter_map(|wire| {
            let source = graph.source(*wire);
            Some(format!("{}.{}", keys.keys[source.node as usize]?, source.output))
        });
        (decl.name.clone(), wires.collect())
    });
    let files = keys.files[index].iter();
    Some(NodeRecord {
        key: key.to_string(),
        kind: node.kind.name.clone(),
        revision: node.kind.revision,
        params: params.map(|(decl, value)| (decl.name.clone(), value.shown(&decl.ty))).collect(),
        inputs: inputs.collect(),
        files: files.map(|f| (f.file.name.clone(), format!("{:032x}", f.stamp.0))).collect(),
    })
}
