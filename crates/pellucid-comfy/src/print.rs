//! An imported workflow as a graph file.

use std::collections::HashMap;

use pellucid_graph::canonical;
use pellucid_graph::document::{NodeEntry, OutputEntry, Setting, VERSION, WireName};
use pellucid_source::{Json, Number, Spanned};

use crate::Imported;

/// The graph as text in canonical layout, with the workflow's notes.
pub fn print(imported: &Imported) -> String {
    let document = &imported.document;
    let mut members = vec![("pellucid", number(VERSION))];
    if !imported.notes.is_empty() {
        members.push(("note", imported.notes.join("\n\n").into()));
    }
    let nodes = document.nodes.iter().map(|node| (node.name.v.clone(), node_json(node)));
    members.push(("nodes", nodes.collect()));
    let mut names = HashMap::new();
    let outputs = document
        .outputs
        .iter()
        .map(|output| (unique(&output.name.v, &mut names), output_json(output)));
    members.push(("outputs", outputs.collect()));
    canonical(&object(members))
}

fn object(members: Vec<(&str, Json)>) -> Json {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn number(number: u64) -> Json {
    Json::Number(Number { text: number.to_string().into() })
}

fn wire(wire: &WireName) -> Json {
    format!("{}.{}", wire.node, wire.output).into()
}

fn node_json(node: &NodeEntry) -> Json {
    let mut members = vec![("kind", node.kind.v.as_str().into())];
    if !node.inputs.is_empty() {
        let one = |wires: &[Spanned<WireName>]| match wires {
            [only] => wire(&only.v),
            wires => wires.iter().map(|w| wire(&w.v)).collect(),
        };
        let inputs = node.inputs.iter().map(|(name, wires)| (name.v.clone(), one(wires)));
        members.push(("inputs", inputs.collect()));
    }
    if !node.params.is_empty() {
        let params = node.params.iter().map(|(name, setting)| {
            let value = match setting {
                Setting::Literal(json) => json.v.clone(),
                Setting::Param(param) => object(vec![("param", param.v.as_str().into())]),
            };
            (name.v.clone(), value)
        });
        members.push(("params", params.collect()));
    }
    object(members)
}

fn output_json(output: &OutputEntry) -> Json {
    let options = &output.options;
    let mut members = vec![("from", wire(&output.from.v))];
    if options.floor {
        members.push(("rounding", "down".into()));
    }
    if options.next {
        members.push(("number", "next".into()));
    }
    if members.len() == 1 { wire(&output.from.v) } else { object(members) }
}

/// The name, or for one that is taken the same with a number before the number of the file: names of
/// outputs are unique in a graph file.
fn unique(name: &str, taken: &mut HashMap<String, u32>) -> String {
    let mut count = taken.get(name).copied().unwrap_or(0);
    let mut unique = name.to_owned();
    while taken.contains_key(&unique) {
        count += 1;
        unique = match name.split_once("_#") {
            Some((start, rest)) => format!("{start}_{count}_#{rest}"),
            None => format!("{count}_{name}"),
        };
    }
    taken.insert(name.to_owned(), count.max(1));
    taken.entry(unique.clone()).or_insert(1);
    unique
}
