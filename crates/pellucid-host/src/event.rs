//! What happens in a session, as typed messages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pellucid_graph::NodeEvent;
use pellucid_source::{Diagnostic, Sources, to_json};
use serde_json::{Value, json};

/// Something that happened in a session.
#[derive(Clone, Debug)]
pub enum Event {
    /// A round of checking and running began. Rounds count from 1.
    Began {
        /// Number of the round.
        round: u64,
    },
    /// Something is wrong, or worth knowing.
    Finding {
        /// What.
        finding: Box<Diagnostic>,
        /// The texts its places lie in.
        sources: Arc<Sources>,
    },
    /// Something happened to a node.
    Node(NodeEvent),
    /// A rough picture of what a node is drawing was written.
    Preview {
        /// The node.
        node: String,
        /// Where it is.
        path: PathBuf,
    },
    /// A file was written.
    Wrote {
        /// The output's name.
        output: String,
        /// Where.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A file already had the right content and was left alone.
    Unchanged {
        /// The output's name.
        output: String,
        /// Where.
        path: PathBuf,
    },
    /// A round ended.
    Ended {
        /// Number of the round.
        round: u64,
        /// Nodes that ran.
        ran: usize,
        /// Nodes the outputs need.
        needed: usize,
        /// From the first look at the graph to the last file written.
        took: Duration,
        /// False when there were errors.
        ok: bool,
        /// True when a newer round took over.
        superseded: bool,
    },
    /// The session waits for files to change.
    Watching {
        /// How many files.
        files: usize,
    },
    /// A watched file changed.
    Changed {
        /// Which.
        path: PathBuf,
    },
}

impl Event {
    /// The event as a JSON object with its name under `"event"`. Times are in milliseconds.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Began { round } => json!({ "event": "began", "round": round }),
            Self::Finding { finding, sources } => {
                json!({ "event": "finding", "finding": to_json(finding, sources) })
            }
            Self::Node(event) => node_json(event),
            Self::Preview { node, path } => {
                json!({ "event": "node-preview", "node": node, "path": path.to_string_lossy() })
            }
            Self::Wrote { output, path, bytes } => {
                json!({ "event": "wrote", "output": output, "path": path.to_string_lossy(), "bytes": bytes })
            }
            Self::Unchanged { output, path } => {
                json!({ "event": "unchanged", "output": output, "path": path.to_string_lossy() })
            }
            Self::Ended { round, ran, needed, took, ok, superseded } => json!({
                "event": "ended", "round": round, "ran": ran, "needed": needed,
                "ms": millis(*took), "ok": ok, "superseded": superseded,
            }),
            Self::Watching { files } => json!({ "event": "watching", "files": files }),
            Self::Changed { path } => {
                json!({ "event": "changed", "path": path.to_string_lossy() })
            }
        }
    }
}

fn node_json(event: &NodeEvent) -> Value {
    match event {
        NodeEvent::Started { node } => json!({ "event": "node-started", "node": node }),
        NodeEvent::Step { node, done, total } => {
            json!({ "event": "node-step", "node": node, "done": done, "total": total })
        }
        NodeEvent::Preview { node, .. } => json!({ "event": "node-preview", "node": node }),
        NodeEvent::Finished { node, took } => {
            json!({ "event": "node-finished", "node": node, "ms": millis(*took) })
        }
        NodeEvent::Damaged { node, message } => {
            json!({ "event": "cache-damaged", "node": node, "message": message })
        }
        NodeEvent::NotStored { node, message } => {
            json!({ "event": "not-cached", "node": node, "message": message })
        }
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
