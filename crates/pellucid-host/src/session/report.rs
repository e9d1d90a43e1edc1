//! What a run, or a look at what would run, came to.

use std::path::PathBuf;
use std::time::Duration;

use pellucid_graph::{Fate, Resolved};

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Number of the round.
    pub round: u64,
    /// The graph, with all findings, those of the run included.
    pub resolved: Resolved,
    /// Output files, in the order of the graph.
    pub written: Vec<Written>,
    /// Nodes that ran, and how long each took.
    pub ran: Vec<(String, Duration)>,
    /// How many nodes the outputs need.
    pub needed: usize,
    /// From the first look at the graph to the last file written.
    pub took: Duration,
    /// True when it was ended before it was done.
    pub cancelled: bool,
    /// The most bytes that values and running work took at a time.
    pub peak_bytes: u64,
}

impl Report {
    /// True when everything asked for was written.
    pub fn is_ok(&self) -> bool {
        self.resolved.is_sound() && !self.cancelled
    }
}

/// An output file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The output's name in the graph.
    pub output: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it was touched.
    pub state: WrittenState,
}

/// Whether an output file was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenState {
    /// It was written.
    Wrote,
    /// It already had the right content and was left alone.
    Unchanged,
}

/// What would run, and why.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Name, fate, and the fate in words, of every node.
    pub nodes: Vec<(String, Fate, String)>,
    /// Every output to write, and whether its file is kept ready.
    pub outputs: Vec<(String, bool)>,
    /// The graph, with all findings.
    pub resolved: Resolved,
}
