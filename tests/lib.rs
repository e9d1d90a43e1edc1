//! What the golden suite is made with: graphs run through the front door, in folders of their
//! own.
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod models;
mod outputs;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pellucid_graph::{Cancel, Kinds};
use pellucid_host::{Event, Options, Report, Session};
use pellucid_source::{Diagnostic, Sources, render};
use serde_json::Value;
use tempfile::TempDir;

pub use models::models;
pub use outputs::{Numbers, Pixels, read_numbers, read_pixels};

/// The kinds of this program.
pub fn kinds() -> Kinds {
    pellucid_nodes::kinds()
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
        .to_owned()
}

/// A folder of reference data computed by other programs, which may be absent: then the test
/// that asks is skipped, and says so.
pub fn fixtures(name: &str) -> Option<PathBuf> {
    let dir = repository().parent()?.join("shared/fixtures").join(name);
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: the reference data {} is absent", dir.display());
    None
}

/// A folder of its own, with graphs and pictures, that goes away in the end.
pub struct Folder {
    dir: TempDir,
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Folder {
    /// An empty folder.
    pub fn new() -> Self {
        Self { dir: TempDir::new().expect("a folder for a test") }
    }

    /// A folder with a graph file `graph.json`.
    pub fn with_graph(graph: &Value) -> Self {
        let folder = Self::new();
        folder.write("graph.json", graph.to_string());
        folder
    }

    /// Where a name lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, with folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a name in a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file that was written")
    }

    /// Usual options for `graph.json`, with outputs under `out`, two threads, nothing on disk.
    pub fn options(&self) -> Options {
        Options {
            out: self.path("out"),
            threads: 2,
            ..Options::new(self.path("graph.json"), kinds())
        }
    }

    /// A session that keeps its events.
    pub fn session(&self, options: Options) -> Told {
        told(options)
    }

    /// Runs `graph.json` with usual options.
    pub fn run(&self) -> Report {
        self.session(self.options()).session.run(&Cancel::default())
    }
}

/// A session, and what it told.
pub struct Told {
    /// The session.
    pub session: Arc<Session>,
    /// Everything that happened, in order.
    pub events: Arc<Mutex<Vec<Event>>>,
}

/// A session that keeps its events.
pub fn told(options: Options) -> Told {
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listener = Arc::new(move |event| heard.lock().expect("no panic while telling").push(event));
    let session = Session::new(options, listener).expect("threads");
    Told { session: Arc::new(session), events }
}

impl Told {
    /// Runs once and gives the names of the nodes that ran, sorted.
    pub fn ran(&self) -> Vec<String> {
        let report = self.session.run(&Cancel::default());
        assert!(
            report.is_ok(),
            "{}",
            findings_text(&report.resolved.findings, &report.resolved.sources)
        );
        ran(&report)
    }
}

/// Names of the nodes that ran, sorted.
pub fn ran(report: &Report) -> Vec<String> {
    let mut names: Vec<String> = report.ran.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names
}

/// Findings as people see them, without colour.
pub fn findings_text(findings: &[Diagnostic], sources: &Sources) -> String {
    findings.iter().map(|finding| render(finding, sources, false)).collect()
}

/// The findings of a run as text.
pub fn told_findings(report: &Report) -> String {
    findings_text(&report.resolved.findings, &report.resolved.sources)
}

/// Codes of the findings of a run, in order.
pub fn codes(report: &Report) -> Vec<&'static str> {
    report.resolved.findings.iter().map(|finding| finding.code).collect()
}
