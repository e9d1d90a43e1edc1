//! Exit statuses, and what leads to them.

use std::process::ExitCode;

use pellucid_source::{Diagnostic, Severity};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// The graph is wrong; findings say where.
    Findings = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Something named is missing: a picture, a model, a graph.
    Missing = 3,
    /// A node failed while running, or a file could not be written.
    Failed = 4,
    /// An assertion of the graph does not hold.
    Assertion = 5,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A sentence that ends a command, and the status it ends with.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The status.
    pub exit: Exit,
    /// The sentence.
    pub message: String,
}

impl Failure {
    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// The work failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// What an I/O error on a named file comes to.
    pub fn io(name: &str, error: &std::io::Error) -> Self {
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => Exit::Missing,
            _ => Exit::Failed,
        };
        Self { exit, message: format!("{name}: {error}") }
    }
}

/// The status that findings lead to. What must be mended first wins: a wrong graph before a
/// missing file, before a failed node, before an assertion.
pub fn of_findings(findings: &[Diagnostic]) -> Exit {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let exits = errors.map(|finding| match finding.code {
        "missing-file" | "denied-file" => Exit::Missing,
        "failed" | "cannot-write" => Exit::Failed,
        "assertion" => Exit::Assertion,
        _ => Exit::Findings,
    });
    exits.min_by_key(|exit| *exit as u8).unwrap_or(Exit::Done)
}

/// Prints what clap has to say: help to stdout, trouble to stderr.
pub fn of_usage(error: &clap::Error) -> Exit {
    // Nothing can be done when even that cannot be printed.
    drop(error.print());
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_mended_first_wins() {
        let of = |codes: &[&'static str]| {
            let findings: Vec<_> = codes.iter().map(|code| Diagnostic::error(code, "x")).collect();
            of_findings(&findings)
        };
        assert_eq!(of(&[]), Exit::Done);
        assert_eq!(of(&["assertion"]), Exit::Assertion);
        assert_eq!(of(&["assertion", "failed"]), Exit::Failed);
        assert_eq!(of(&["cannot-write", "missing-file"]), Exit::Missing);
        assert_eq!(of(&["denied-file", "syntax", "failed"]), Exit::Findings);
        assert_eq!(of_findings(&[Diagnostic::warning("unused-node", "x")]), Exit::Done);
    }
}
