//! Params set from outside the graph.

use std::cell::Cell;

use pellucid_source::{Diagnostic, FileId, Json, Place, Sources, Span, Spanned};

use crate::ParamType;

/// One `--set NAME=VALUE` or `--set NODE.PARAM=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The whole text, as given.
    pub text: String,
}

/// An override with its parts and a place to point at.
pub(super) struct Set {
    /// A param of the graph, or `node.param`.
    pub target: String,
    value: String,
    file: FileId,
    value_span: Span,
    used: Cell<bool>,
}

/// Splits overrides and gives each a source, so that findings can show them.
pub(super) fn read(
    overrides: &[Override],
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Set> {
    let mut sets = Vec::new();
    for text in overrides.iter().map(|o| &o.text) {
        let file = sources.add("--set", text.as_str());
        let whole = Span { start: 0, end: text.len() as u32 };
        match text.split_once('=') {
            Some((target, value)) if !target.is_empty() => sets.push(Set {
                target: target.to_owned(),
                value: value.to_owned(),
                file,
                value_span: Span { start: target.len() as u32 + 1, end: whole.end },
                used: Cell::new(false),
            }),
            _ => findings.push(
                Diagnostic::error("bad-setting", format!("`{text}` is not a setting"))
                    .at(Place { file, span: whole })
                    .hint("write NAME=VALUE or NODE.PARAM=VALUE"),
            ),
        }
    }
    sets
}

/// The last override of a target.
pub(super) fn find<'a>(sets: &'a [Set], target: &str) -> Option<&'a Set> {
    let set = sets.iter().rev().find(|set| set.target == target)?;
    sets.iter().filter(|s| s.target == target).for_each(|s| s.used.set(true));
    Some(set)
}

/// Tells which overrides named nothing.
pub(super) fn tell_unused(sets: &[Set], names: &[String], findings: &mut Vec<Diagnostic>) {
    for set in sets.iter().filter(|set| !set.used.get()) {
        let span = Span { start: 0, end: set.target.len() as u32 };
        let message = format!("there is nothing called `{}` to set", set.target);
        let near = pellucid_source::did_you_mean(&set.target, names.iter().map(String::as_str));
        let hint = near.unwrap_or_else(|| {
            "name a param of the graph, or NODE.PARAM of a node in it".to_owned()
        });
        findings.push(
            Diagnostic::error("unknown-setting", message)
                .at(Place { file: set.file, span })
                .hint(hint),
        );
    }
}

impl Set {
    /// The value as a literal for a param of this type: words need no quotes.
    pub fn literal(&self, ty: &ParamType) -> Spanned<Json> {
        let wordy = matches!(
            ty,
            ParamType::Text | ParamType::Choice(_) | ParamType::Colour | ParamType::File(_)
        );
        let json = pellucid_source::read(&self.value).ok().map(|json| json.v);
        let v = match json {
            Some(json @ Json::Text(_)) => json,
            Some(json @ Json::Array(_)) if matches!(ty, ParamType::Colour) => json,
            Some(json) if !wordy => json,
            _ => Json::Text(self.value.clone()),
        };
        Spanned { v, span: self.value_span }
    }

    pub fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }
}
