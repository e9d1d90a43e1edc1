//! `pellucid schema`.

use pellucid_graph::World;
use pellucid_host::{FileWorld, Folders};

use super::builtin;
use crate::args::SchemaArgs;
use crate::exit::Exit;
use crate::{Outcome, terminal};

/// Prints the JSON Schema of graphs.
pub fn schema(args: &SchemaArgs) -> Outcome {
    let folders = Folders { nodes: args.nodes.clone(), ..Folders::default() };
    let graphs = FileWorld::new(folders).graph_kinds();
    let schema = pellucid_graph::schema(&builtin(), &graphs);
    terminal::print(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
