//! What a node says when it cannot or will not.

use crate::FileError;

/// What part of a node an error is about. The graph knows where that stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// The node as a whole.
    Node,
    /// An input socket.
    Input(String),
    /// A param.
    Param(String),
}

/// What sort of trouble it is; decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The graph asks for something that makes no sense.
    Refused,
    /// A file that is named is not there, or may not be read.
    Missing,
    /// The work went wrong.
    Failed,
    /// An assertion of the graph does not hold.
    Assertion,
    /// The work was no longer wanted.
    Cancelled,
}

/// What went wrong in a node, without a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeError {
    /// What it is about.
    pub site: Site,
    /// What sort of trouble.
    pub trouble: Trouble,
    /// Lower case, no full stop, with values: `fg is 4x4, but bg is 8x8`.
    pub message: String,
    /// An action that would help.
    pub hint: Option<String>,
}

impl NodeError {
    /// An error about the node as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { site: Site::Node, trouble: Trouble::Failed, message: message.into(), hint: None }
    }

    /// A refusal at an input or a param, given by its handle.
    pub fn at(site: impl Into<Site>, message: impl Into<String>) -> Self {
        let trouble = Trouble::Refused;
        Self { site: site.into(), trouble, message: message.into(), hint: None }
    }

    /// An assertion that does not hold.
    pub fn assertion(message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Assertion, ..Self::new(message) }
    }

    /// The work was no longer wanted.
    pub fn cancelled() -> Self {
        Self { trouble: Trouble::Cancelled, ..Self::new("cancelled") }
    }

    /// The same error with an action that would help.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same error about an input or a param.
    pub fn about(self, site: impl Into<Site>) -> Self {
        Self { site: site.into(), ..self }
    }

    /// What a file said, about the param that named it.
    pub fn file(site: impl Into<Site>, error: FileError) -> Self {
        let trouble = if error.is_missing() { Trouble::Missing } else { Trouble::Failed };
        Self { site: site.into(), trouble, message: error.message, hint: error.hint }
    }
}

impl<E: std::error::Error> From<E> for NodeError {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}
