//! Keys: what a node's result depends on, and nothing else.

use std::fmt;

use pellucid_source::Diagnostic;
use xxhash_rust::xxh3::xxh3_128;

use crate::context::files;
use crate::{FileRef, Graph, Node, NodeError, ParamValue, Site, Stamp, World};

/// What a node's result depends on: its kind and revision, its params, the keys of its inputs,
/// the stamps of the files it reads, and the class of device. No names, no places, no notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u128);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A file a node reads, and its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedFile {
    /// The file.
    pub file: FileRef,
    /// What its content was.
    pub stamp: Stamp,
}

/// The keys of a graph's nodes.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Parallel to the nodes; `None` where a node cannot run.
    pub keys: Vec<Option<Key>>,
    /// The files every node reads, parallel to the nodes.
    pub files: Vec<Vec<StampedFile>>,
}

/// Raised when the way keys or stored values are made changes.
const FORMAT: u32 = 1;

/// Computes the key of every node that can run. `class` names the device class and number type:
/// what may change the bits of a result.
pub fn keys(graph: &Graph, world: &dyn World, class: &str, findings: &mut Vec<Diagnostic>) -> Keys {
    let count = graph.nodes.len();
    let mut keys = Keys { keys: vec![None; count], files: vec![Vec::new(); count] };
    let mut bytes = Vec::new();
    for &index in &graph.order {
        let node = &graph.nodes[index as usize];
        if node.facts.is_none() || node.forward.is_some() {
            continue;
        }
        bytes.clear();
        put_text(&mut bytes, class);
        bytes.extend(FORMAT.to_le_bytes());
        let stamped = put_node(&mut bytes, graph, node, &keys.keys, world);
        match stamped {
            Ok(Some(files)) => {
                keys.keys[index as usize] = Some(Key(xxh3_128(&bytes)));
                keys.files[index as usize] = files;
            }
            Ok(None) => {}
            Err(error) => findings.push(crate::resolve::locate(graph, node, error)),
        }
    }
    keys
}

/// Writes all that goes into a node's key. `None` when an input has no key.
fn put_node(
    bytes: &mut Vec<u8>,
    graph: &Graph,
    node: &Node,
    keys: &[Option<Key>],
    world: &dyn World,
) -> Result<Option<Vec<StampedFile>>, NodeError> {
    put_text(bytes, &node.kind.name);
    bytes.extend(node.kind.revision.to_le_bytes());
    for wires in &node.inputs {
        bytes.extend((wires.len() as u32).to_le_bytes());
        for wire in wires {
            let source = graph.source(*wire);
            let Some(key) = keys[source.node as usize] else { return Ok(None) };
            bytes.extend(key.0.to_le_bytes());
            bytes.extend(source.output.to_le_bytes());
        }
    }
    node.params.iter().for_each(|value| put_param(bytes, value));
    let mut stamped = Vec::new();
    for (param, file, place) in files(&node.kind, &node.params) {
        let stamp = world
            .stamp(&file.path, place)
            .map_err(|error| NodeError::file(Site::Param(param.to_owned()), error))?;
        bytes.extend(stamp.0.to_le_bytes());
        stamped.push(StampedFile { file: file.clone(), stamp });
    }
    Ok(Some(stamped))
}

/// Files count by their content alone, so a renamed picture is the same picture.
fn put_param(bytes: &mut Vec<u8>, value: &ParamValue) {
    match value {
        ParamValue::Unset => bytes.push(0),
        ParamValue::Float(v) => {
            bytes.push(1);
            bytes.extend(v.to_bits().to_le_bytes());
        }
        ParamValue::Int(v) => {
            bytes.push(2);
            bytes.extend(v.to_le_bytes());
        }
        ParamValue::Bool(v) => bytes.extend([3, u8::from(*v)]),
        ParamValue::Text(v) => {
            bytes.push(4);
            put_text(bytes, v);
        }
        ParamValue::Choice(v) => {
            bytes.push(5);
            bytes.extend((*v as u64).to_le_bytes());
        }
        ParamValue::Colour(v) => {
            bytes.push(6);
            bytes.extend(v.iter().flat_map(|c| c.to_bits().to_le_bytes()));
        }
        ParamValue::Numbers(v) => {
            bytes.push(7);
            bytes.extend((v.len() as u64).to_le_bytes());
            bytes.extend(v.iter().flat_map(|n| n.to_bits().to_le_bytes()));
        }
        ParamValue::File(_) => bytes.push(8),
        ParamValue::Files(v) => {
            bytes.push(9);
            bytes.extend((v.len() as u64).to_le_bytes());
        }
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}
