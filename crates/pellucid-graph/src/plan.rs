//! What would run, without running it.

use std::collections::HashSet;

use crate::{Engine, Graph, Key, Keys, Store, Wire};

/// What will happen to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It will run.
    Run,
    /// Its result is kept in memory.
    Memory,
    /// Its result is kept on disk.
    Disk,
    /// It hands on an input unchanged; there is nothing to run.
    Forward,
    /// Another node does the same work.
    Same {
        /// That node.
        node: u32,
    },
    /// Nothing that runs asks for it.
    NotNeeded,
    /// It was refused, or hangs on one that was.
    Refused,
}

/// The fate of every node when these targets are asked for.
pub fn plan(
    graph: &Graph,
    keys: &Keys,
    targets: &[Wire],
    engine: &Engine,
    store: Option<&dyn Store>,
) -> Vec<Fate> {
    let refused = |index: usize| graph.nodes[index].facts.is_none();
    let mut fates: Vec<Fate> = (0..graph.nodes.len())
        .map(|index| if refused(index) { Fate::Refused } else { Fate::NotNeeded })
        .collect();
    let mut seen: std::collections::HashMap<Key, u32> = Default::default();
    let mut visited = HashSet::new();
    let mut open: Vec<u32> = targets.iter().rev().map(|target| target.node).collect();
    while let Some(index) = open.pop() {
        let node = &graph.nodes[index as usize];
        if !visited.insert(index) {
            continue;
        }
        if let Some(forward) = node.forward {
            fates[index as usize] = Fate::Forward;
            open.push(forward.node);
            continue;
        }
        let Some(key) = keys.keys[index as usize] else { continue };
        let first = *seen.entry(key).or_insert(index);
        fates[index as usize] = if first != index {
            Fate::Same { node: first }
        } else if engine.has(key) {
            Fate::Memory
        } else if store.is_some_and(|store| store.has(key)) {
            Fate::Disk
        } else {
            open.extend(node.inputs.iter().flatten().rev().map(|wire| wire.node));
            Fate::Run
        };
    }
    fates
}
