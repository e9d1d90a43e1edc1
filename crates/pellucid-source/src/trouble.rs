//! What is wrong with a text, before it is known which file the text is.

use std::fmt;

use crate::{Diagnostic, FileId, Span};

/// A finding about one text, without a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Where it is.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// One action that would put it right.
    pub hint: Option<String>,
    /// Other places that explain it, and what is to be seen there.
    pub related: Vec<(Span, String)>,
}

impl Trouble {
    /// A finding at `span`, with neither hint nor other places.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None, related: Vec::new() }
    }

    /// The same finding with an action.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same finding with one more explaining place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push((span, message.into()));
        self
    }

    /// The finding as an error of code `syntax` in `file`.
    pub fn at(self, file: FileId) -> Diagnostic {
        let mut diagnostic = Diagnostic::error("syntax", self.message).at(self.span.at(file));
        diagnostic.hint = self.hint;
        self.related
            .into_iter()
            .fold(diagnostic, |d, (span, message)| d.note(span.at(file), message))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}
