//! Why a node of ComfyUI cannot become nodes of ours.

use std::fmt;

use super::{Literal, Stands};

/// Why a node cannot become nodes of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComfyTrouble {
    /// The code of the finding.
    pub code: &'static str,
    /// The input that it is about.
    pub input: Option<String>,
    /// Lower case, no full stop, with values.
    pub message: String,
    /// An action that would help.
    pub hint: Option<String>,
}

impl fmt::Display for ComfyTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ComfyTrouble {}

impl ComfyTrouble {
    /// Something that a node asks for and that has no equal here.
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: "comfy-unsupported", input: None, message: message.into(), hint: None }
    }

    /// The same about an input.
    pub fn at(input: &str, message: impl Into<String>) -> Self {
        Self { input: Some(input.into()), ..Self::new(message) }
    }

    /// The same trouble with an action that would help.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(super) fn missing(input: &str) -> Self {
        Self { code: "comfy-missing-input", ..Self::at(input, format!("`{input}` is not given")) }
    }

    fn not_literal(input: &str) -> Self {
        let message = format!("`{input}` is computed by another node, but must be written down");
        Self { code: "comfy-computed", ..Self::at(input, message) }
            .hint("give it a value of its own; numbers that nodes compute cannot set params here")
    }

    pub(super) fn other(input: &str, wanted: &str, stands: &Stands) -> Self {
        match stands {
            Stands::Nothing(why) => Self::at(input, format!("`{input}`: {why}")),
            Stands::Wire(_) => Self::not_literal(input),
            Stands::Literal(_) | Stands::Bundle(_) => {
                let what =
                    if matches!(stands, Stands::Literal(_)) { "a literal" } else { "a setup" };
                let message = format!("`{input}` is {what}, but takes {wanted}");
                Self { code: "comfy-type", ..Self::at(input, message) }
            }
        }
    }
}

/// A literal of another type than is wanted.
pub(super) fn wrong(input: &str, wanted: &str, literal: &Literal) -> ComfyTrouble {
    let message = format!("`{input}` is {}, but must be {wanted}", literal.json.kind());
    ComfyTrouble { code: "comfy-value", ..ComfyTrouble::at(input, message) }
}
