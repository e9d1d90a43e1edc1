//! What would run, without running it.

use std::collections::{HashMap, HashSet};

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
    // Of nodes that do the same work, the one written first stands for all.
    let mut standing: HashMap<Key, u32> = HashMap::new();
    for index in graph.cone(targets) {
        if let Some(key) = keys.keys[index as usize] {
            standing.entry(key).or_insert(index);
        }
    }
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
        let first = standing.get(&key).copied().unwrap_or(index);
        fates[index as usize] = if first != index {
            open.push(first);
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
