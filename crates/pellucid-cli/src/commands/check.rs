//! `pellucid check`.

use std::sync::Arc;

use pellucid_graph::{Graph, Resolved};
use pellucid_host::Session;
use pellucid_source::to_json;
use serde_json::{Value, json};

use crate::args::CheckArgs;
use crate::exit::{Failure, of_findings};
use crate::{Outcome, terminal};

/// Checks a graph without running it.
pub fn check(args: &CheckArgs) -> Outcome {
    let session = Session::new(args.graph.options(), Arc::new(|_| {}))
        .map_err(|error| Failure::failed(error.to_string()))?;
    let resolved = session.check();
    if args.json {
        terminal::print(&format!("{:#}\n", as_json(&resolved, args.show)))?;
    } else {
        for finding in &resolved.findings {
            terminal::finding(finding, &resolved.sources);
        }
        if args.show {
            terminal::print(&shown(&resolved.graph))?;
        }
    }
    Ok(of_findings(&resolved.findings))
}

fn as_json(resolved: &Resolved, show: bool) -> Value {
    let findings = resolved.findings.iter().map(|finding| to_json(finding, &resolved.sources));
    let mut value = json!({ "ok": resolved.is_sound(), "findings": findings.collect::<Vec<_>>() });
    if show {
        value["nodes"] = nodes_json(&resolved.graph);
    }
    value
}

fn nodes_json(graph: &Graph) -> Value {
    let node = |node: &pellucid_graph::Node| {
        let facts = node.facts.iter().flatten().zip(&node.kind.outputs);
        let outputs: serde_json::Map<String, Value> =
            facts.map(|(fact, output)| (output.name.clone(), json!(fact.to_string()))).collect();
        json!({
            "name": node.name, "kind": node.kind.name, "refused": node.facts.is_none(),
            "outputs": outputs, "bytes": bytes(node),
        })
    };
    graph.nodes.iter().map(node).collect()
}

/// Bytes a node's run takes beside its inputs.
fn bytes(node: &pellucid_graph::Node) -> u64 {
    let outputs: u64 = node.facts.iter().flatten().map(pellucid_value::Fact::bytes).sum();
    if node.forward.is_some() { 0 } else { outputs + node.needs }
}

/// The graph as resolved: every output with its fact.
fn shown(graph: &Graph) -> String {
    let mut rows = Vec::new();
    for index in &graph.order {
        let node = &graph.nodes[*index as usize];
        match &node.facts {
            None => rows.push((node.name.clone(), format!("refused ({})", node.kind.name))),
            Some(facts) => {
                for (output, fact) in node.kind.outputs.iter().zip(facts) {
                    let passed = if node.forward.is_some() { "  (handed on)" } else { "" };
                    rows.push((
                        format!("{}.{}", node.name, output.name),
                        format!("{fact}{passed}"),
                    ));
                }
            }
        }
    }
    for output in &graph.outputs {
        let from = output.wire.map(|wire| {
            let node = &graph.nodes[wire.node as usize];
            format!("{}.{}", node.name, node.kind.outputs[wire.output as usize].name)
        });
        rows.push((format!("> {}", output.name), from.unwrap_or_else(|| "refused".into())));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(60);
    rows.into_iter().map(|(name, fact)| format!("{name:width$}  {fact}\n")).collect()
}
