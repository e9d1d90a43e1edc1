//! What ComfyUI would run: both formats come down to it.

use std::collections::HashMap;
use std::sync::Arc;

use pellucid_graph::Kinds;
use pellucid_graph::comfy::ComfyClass;
use pellucid_source::{Diagnostic, FileId, Json, Span, Spanned};

/// Nodes with literals and links.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// Nodes in the order written, each id once.
    pub nodes: Vec<PromptNode>,
    /// Texts of notes.
    pub notes: Vec<String>,
}

/// A node as ComfyUI would run it.
#[derive(Clone, Debug)]
pub struct PromptNode {
    /// Its id: `3`, or `2:12` for node 12 in the subgraph that node 2 is.
    pub id: Arc<str>,
    /// Where its class is written.
    pub span: Span,
    /// The name of its class.
    pub class: String,
    /// Its title, where it has one of its own.
    pub title: Option<String>,
    /// The pack that its class came from, where that is said.
    pub pack: Option<String>,
    /// What its inputs are set to.
    pub inputs: Vec<PromptInput>,
}

/// What an input is set to.
#[derive(Clone, Debug)]
pub struct PromptInput {
    /// The input's name.
    pub name: String,
    /// Where that is written.
    pub span: Span,
    /// The value.
    pub value: PromptValue,
}

/// A literal or a link.
#[derive(Clone, Debug)]
pub enum PromptValue {
    /// A value that is written down.
    Literal(Spanned<Json>),
    /// An output of another node.
    Link {
        /// Id of that node.
        node: Arc<str>,
        /// Its output slot.
        slot: u64,
        /// Where the link is written.
        span: Span,
    },
}

impl PromptNode {
    /// The node as findings call it: `#3 KSampler "Draw"`.
    pub fn subject(&self) -> String {
        match &self.title {
            Some(title) if *title != self.class => {
                format!("#{} {} {title:?}", self.id, self.class)
            }
            _ => format!("#{} {}", self.id, self.class),
        }
    }

    /// An input by its name; of several the last counts, as in JSON.
    pub fn input(&self, name: &str) -> Option<&PromptInput> {
        self.inputs.iter().rev().find(|input| input.name == name)
    }

    /// An error about the node, or about an input of it.
    pub(crate) fn error(
        &self,
        file: FileId,
        code: &'static str,
        input: Option<&str>,
        message: impl AsRef<str>,
    ) -> Diagnostic {
        let subject = self.subject();
        let span =
            input.and_then(|name| self.input(name)).map_or(self.span, |input| match &input.value {
                PromptValue::Literal(json) => json.span,
                PromptValue::Link { span, .. } => *span,
            });
        let message = format!("{subject}: {}", message.as_ref());
        let finding = Diagnostic::error(code, message).at(span.at(file)).node(subject);
        match input {
            Some(input) => finding.port(input),
            None => finding,
        }
    }
}

/// The declaration of a class, and the kind whose it is.
#[derive(Clone, Copy)]
pub(crate) struct Declared<'k> {
    pub kind: Option<&'k str>,
    pub class: &'k ComfyClass,
}

/// All declarations, by class.
pub(crate) struct Classes<'k> {
    by_name: HashMap<&'k str, Vec<Declared<'k>>>,
    names: Vec<&'k str>,
}

impl<'k> Classes<'k> {
    pub fn of(kinds: &'k Kinds) -> Self {
        let names = kinds.comfy_names();
        let declared = |name: &&'k str| {
            let editions = kinds.comfy(name).into_iter();
            (*name, editions.map(|(kind, class)| Declared { kind, class }).collect())
        };
        Self { by_name: names.iter().map(declared).collect(), names }
    }

    /// The declarations of a class; none for a class that is not known.
    pub fn editions(&self, class: &str) -> &[Declared<'k>] {
        self.by_name.get(class).map_or(&[], Vec::as_slice)
    }

    /// The declaration that a node fits best: the first with the fewest inputs missing or ill-typed.
    pub fn fitting(&self, node: &PromptNode) -> Option<Declared<'k>> {
        let editions = self.editions(&node.class);
        let misfit = |declared: &&Declared<'k>| crate::check::misfit(declared.class, node);
        editions.iter().min_by_key(misfit).copied()
    }

    /// All names, sorted.
    pub fn names(&self) -> &[&'k str] {
        &self.names
    }
}
