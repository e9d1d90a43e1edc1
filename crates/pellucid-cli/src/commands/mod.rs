//! One file a subcommand.

pub mod check;
pub mod explain;
pub mod fmt;
pub mod import;
pub mod kinds;
pub mod models;
pub mod run;
pub mod schema;
pub mod show;
pub mod train;
pub mod watch;

use pellucid_graph::Kinds;

/// The kinds of this program.
pub fn builtin() -> Kinds {
    pellucid_nodes::kinds()
}
