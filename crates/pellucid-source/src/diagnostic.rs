//! Findings: what is wrong, where, and what to do about it.

use std::cmp::Ordering;
use std::fmt;

use crate::Place;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can run before it is put right.
    Error,
    /// It runs, perhaps not as meant.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule it comes from, in kebab-case: stable, and what the documentation is ordered by.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where it was written, if it was written.
    pub place: Option<Place>,
    /// Other places that explain it.
    pub notes: Vec<Note>,
    /// One action that would put it right.
    pub hint: Option<String>,
    /// The node that it is about.
    pub node: Option<String>,
    /// The input, output or param of the node that it is about.
    pub port: Option<String>,
}

/// A second place, and what it has to do with a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The place.
    pub place: Place,
    /// What is to be seen there.
    pub message: String,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// The same finding, at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same finding with one more explaining place.
    #[must_use]
    pub fn note(mut self, place: Place, message: impl Into<String>) -> Self {
        self.notes.push(Note { place, message: message.into() });
        self
    }

    /// The same finding with an action; it takes the place of an earlier one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same finding, about the node of that name.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>) -> Self {
        self.node = Some(name.into());
        self
    }

    /// The same finding, about that input, output or param of its node.
    #[must_use]
    pub fn port(mut self, name: impl Into<String>) -> Self {
        self.port = Some(name.into());
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        let (place, notes, hint, node, port) = (None, Vec::new(), None, None, None);
        Self { severity, code, message, place, notes, hint, node, port }
    }
}

impl fmt::Display for Diagnostic {
    /// The headline: `error[unknown-kind]: there is no kind …`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}[{}]: {}", self.severity.name(), self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// Orders findings by file, place, code and message (those without a place first), and keeps the
/// first of those that say the same of the same place.
pub fn sort_and_dedup(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(compare);
    findings.dedup_by(|later, earlier| compare(later, earlier).is_eq());
}

fn compare(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let key = |d: &Diagnostic| (d.place, d.code);
    key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileId, Span};

    fn place(file: u32, start: u32) -> Place {
        Place { file: FileId(file), span: Span { start, end: start + 1 } }
    }

    #[test]
    fn findings_are_ordered_by_file_place_code_and_message() {
        let mut findings = vec![
            Diagnostic::error("b", "x").at(place(1, 0)),
            Diagnostic::error("b", "z").at(place(0, 9)),
            Diagnostic::error("b", "y").at(place(0, 9)),
            Diagnostic::warning("a", "z").at(place(0, 9)),
            Diagnostic::error("c", "first").at(place(0, 2)),
            Diagnostic::error("z", "nowhere"),
        ];
        sort_and_dedup(&mut findings);
        let order: Vec<_> = findings.iter().map(|d| (d.code, d.message.as_str())).collect();
        let expected =
            [("z", "nowhere"), ("c", "first"), ("a", "z"), ("b", "y"), ("b", "z"), ("b", "x")];
        assert_eq!(order, expected);
    }

    #[test]
    fn the_same_said_of_the_same_place_appears_once() {
        let one = Diagnostic::error("a", "x").at(place(0, 1));
        let mut findings = vec![
            one.clone().hint("kept"),
            Diagnostic::error("a", "x").at(place(0, 2)),
            one.clone().hint("dropped"),
        ];
        sort_and_dedup(&mut findings);
        assert_eq!(findings.len(), 2);
        assert_eq!(findings[0].hint.as_deref(), Some("kept"));
    }
}
