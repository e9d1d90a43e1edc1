//! From graph files to a checked graph: everything looked up, every finding told.

mod expand;
mod facts;
mod outputs;
mod settings;
mod wires;

use std::path::Path;

use pellucid_source::{Diagnostic, Sources, sort_and_dedup};
use pellucid_value::Fact;

use crate::document::OutputOptions;
use crate::load::{Foreign, load};
use crate::{DocumentFile, Graph, Kinds, NodeError, Resolved, World};

pub use facts::locate;
pub use settings::Override;

/// What a graph is checked against.
pub struct Rules<'a> {
    /// The kinds there are.
    pub kinds: &'a Kinds,
    /// Where files come from.
    pub world: &'a dyn World,
    /// What can be written under which suffix.
    pub formats: &'a dyn Formats,
    /// Reads the outermost graph where it is in another language.
    pub foreign: Option<&'a dyn Foreign>,
    /// Params set from outside, `NAME=VALUE` or `NODE.PARAM=VALUE`.
    pub overrides: &'a [Override],
}

/// What can be written to files.
pub trait Formats: Sync {
    /// All suffixes, in the order of the manual.
    fn suffixes(&self) -> &'static [&'static str];

    /// True when one file holds a whole batch; otherwise every picture becomes a file.
    fn holds_batch(&self, suffix: &str) -> bool;

    /// Refuses what a format cannot hold.
    ///
    /// # Errors
    /// In a sentence with an action.
    fn check(&self, suffix: &str, fact: &Fact, options: &OutputOptions) -> Result<(), NodeError>;
}

/// More nodes than this are a mistake, or an attack: graphs that use graphs multiply.
pub const MAX_NODES: usize = 1_000_000;

/// Reads and checks the graph file at `top`.
pub fn resolve(top: &Path, rules: &Rules) -> Resolved {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    let loaded = load(top, rules, &mut sources, &mut findings);
    let mut graph = Graph::default();
    if !loaded.is_empty() {
        graph.documents = loaded
            .iter()
            .map(|l| DocumentFile { path: l.path.clone(), file: l.document.file })
            .collect();
        let settings = settings::read(rules.overrides, &mut sources, &mut findings);
        let mut expanded = expand::expand(&loaded, rules, &settings, &mut findings);
        let typed = wires::connect(&mut expanded, &mut findings);
        outputs::connect(&mut expanded, &mut graph, &mut findings);
        graph.open_inputs = expanded.open_inputs(&mut findings);
        graph.nodes = expanded.nodes;
        graph.order = facts::order(&graph.nodes, &mut findings);
        facts::check(&mut graph, rules, &mut findings);
        facts::check_graph_inputs(&graph, rules.kinds, &typed, &mut findings);
        outputs::check(&graph, rules.formats, &mut findings);
    }
    sort_and_dedup(&mut findings);
    Resolved { graph, findings, sources }
}

/// A finding without a hint or with one.
fn hinted(finding: Diagnostic, hint: Option<String>) -> Diagnostic {
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}
