//! `pellucid explain`.

use std::sync::Arc;

use pellucid_graph::Fate;
use pellucid_host::{Explained, Session};
use pellucid_source::to_json;
use serde_json::{Value, json};

use crate::args::ExplainArgs;
use crate::exit::{Failure, of_findings};
use crate::{Outcome, terminal};

/// Says what would run, and why.
pub fn explain(args: &ExplainArgs) -> Outcome {
    let mut options = args.graph.options();
    args.work.apply(&mut options)?;
    let session = Session::new(options, Arc::new(|_| {}))
        .map_err(|error| Failure::failed(error.to_string()))?;
    let explained = session.explain();
    if args.json {
        terminal::print(&format!("{:#}\n", as_json(&explained)))?;
    } else {
        for finding in &explained.resolved.findings {
            terminal::finding(finding, &explained.resolved.sources);
        }
        terminal::print(&as_text(&explained))?;
    }
    Ok(of_findings(&explained.resolved.findings))
}

fn as_text(explained: &Explained) -> String {
    let names = explained.nodes.iter().map(|(name, _, _)| name.chars().count());
    let outputs = explained.outputs.iter().map(|(name, _)| name.chars().count() + 2);
    let width = names.chain(outputs).max().unwrap_or(0).min(60);
    let nodes = explained.nodes.iter().map(|(name, _, words)| format!("{name:width$}  {words}\n"));
    let outputs = explained.outputs.iter().map(|(name, stored)| {
        let words =
            if *stored { "its file is kept ready, so nothing runs for it" } else { "will be made" };
        format!("{:width$}  {words}\n", format!("> {name}"))
    });
    nodes.chain(outputs).collect()
}

fn as_json(explained: &Explained) -> Value {
    let nodes = explained.nodes.iter().map(|(name, fate, words)| {
        let fate = match fate {
            Fate::Run => "run",
            Fate::Memory => "memory",
            Fate::Disk => "disk",
            Fate::Forward => "forward",
            Fate::Same { .. } => "same",
            Fate::NotNeeded => "not-needed",
            Fate::Refused => "refused",
        };
        json!({ "name": name, "fate": fate, "why": words })
    });
    let outputs =
        explained.outputs.iter().map(|(name, kept)| json!({ "name": name, "kept": kept }));
    let sources = &explained.resolved.sources;
    let findings = explained.resolved.findings.iter().map(|finding| to_json(finding, sources));
    json!({
        "nodes": nodes.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
    })
}
