//! `pellucid show`.

use std::sync::Arc;

use pellucid_host::{Session, write_atomically};

use crate::args::ShowArgs;
use crate::exit::{Failure, of_findings};
use crate::{Outcome, terminal};

/// Draws a graph, as far as it is sound.
pub fn show(args: &ShowArgs) -> Outcome {
    let session = Session::new(args.graph.options(), Arc::new(|_| {}))
        .map_err(|error| Failure::failed(error.to_string()))?;
    let resolved = session.check();
    for finding in &resolved.findings {
        terminal::finding(finding, &resolved.sources);
    }
    let text = match args.output.extension().and_then(|e| e.to_str()) {
        Some("svg") => pellucid_graph::draw_svg(&resolved.graph),
        Some("dot") => pellucid_graph::draw_dot(&resolved.graph),
        _ => return Err(Failure::usage("a drawing is written as .svg or .dot")),
    };
    write_atomically(&args.output, text.as_bytes())
        .map_err(|error| Failure::io(&args.output.to_string_lossy(), &error))?;
    Ok(of_findings(&resolved.findings))
}
