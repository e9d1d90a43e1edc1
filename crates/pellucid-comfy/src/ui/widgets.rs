//! Gives the values of `widgets_values` their names.

use pellucid_graph::comfy::{ComfyClass, ComfyInput, ComfyType};
use pellucid_source::{Diagnostic, FileId, Json, Member, Span, Spanned};

use super::read::{Node, Values};
use crate::PromptNode;

/// Every widget of a class with the value that a node has for it: by name where that is stored, else by
/// position, else what a new node has.
pub(super) fn values(
    class: &ComfyClass,
    node: &Node,
    made: &PromptNode,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(String, Spanned<Json>)> {
    let listed = match node.values {
        Values::Listed(values) => positions(class, values),
        _ => Vec::new(),
    };
    let named: &[Member] = match node.values {
        Values::Named(members) => members,
        _ => node.named,
    };
    let mut out = Vec::new();
    for (at, input) in class.inputs.iter().enumerate().filter(|(_, input)| input.is_widget()) {
        let by_name = named.iter().find(|(name, _)| name.v == input.name).map(|(_, value)| value);
        let by_place = listed.iter().find(|(index, _)| *index == at).map(|(_, value)| *value);
        if let (Some(a), Some(b)) = (by_name, by_place)
            && !same(&a.v, &b.v)
        {
            let message = format!(
                "widget `{}` has two values, by name and by position; the one by name counts",
                input.name
            );
            let mut finding = made.error(file, "comfy-two-values", None, message);
            finding.severity = pellucid_source::Severity::Warning;
            findings.push(
                finding.at(a.span.at(file)).port(&input.name).note(b.span.at(file), "by position"),
            );
        }
        let stored = by_name.or(by_place).cloned();
        let new = || input.ty.default().map(|v| Spanned::new(v, made.span));
        if let Some(value) = stored.or_else(new) {
            out.push((input.name.clone(), value));
        }
    }
    out
}

/// Whether the number of values is exactly that of the class's widgets.
pub(super) fn fits_exactly(class: &ComfyClass, node: &Node) -> bool {
    match node.values {
        Values::Listed(values) => {
            let used = positions(class, values);
            let widgets = class.inputs.iter().filter(|input| input.is_widget()).count();
            let extra = class.inputs.iter().filter(|i| i.control || i.upload).count();
            used.len() == widgets && values.len() <= widgets + extra && values.len() >= widgets
        }
        Values::Named(_) => true,
        Values::None => class.inputs.iter().all(|input| !input.is_widget()),
    }
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => without_places(a) == without_places(b),
    }
}

fn without_places(json: &Json) -> Json {
    let bare = |json: &Spanned<Json>| Spanned::new(without_places(&json.v), Span::default());
    match json {
        Json::Array(items) => Json::Array(items.iter().map(bare).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(key, value)| (Spanned::unplaced(key.v.clone()), bare(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Values by position: index of the input, and the value. Behind a seed stands a word for what becomes
/// of it; values of upload buttons come last and are not looked at.
fn positions<'j>(
    class: &ComfyClass,
    values: &'j [Spanned<Json>],
) -> Vec<(usize, &'j Spanned<Json>)> {
    let (used, rest) = take(class, values, false);
    // Files of old frontends hold a value for sockets that have no widget, too.
    let has_forced = class.inputs.iter().any(|input| input.force_input);
    if has_forced && rest > 0 {
        let (with_forced, rest) = take(class, values, true);
        if rest == 0 && with_forced.len() == counted(class) {
            let is_widget = |at: &usize| class.inputs[*at].is_widget();
            return with_forced.into_iter().filter(|(at, _)| is_widget(at)).collect();
        }
    }
    used
}

fn counted(class: &ComfyClass) -> usize {
    class.inputs.iter().filter(|input| has_value(input, true)).count()
}

fn has_value(input: &ComfyInput, forced: bool) -> bool {
    input.is_widget() || forced && !matches!(input.ty, ComfyType::Socket(_))
}

/// Takes values in order, and says how many are left over.
fn take<'j>(
    class: &ComfyClass,
    values: &'j [Spanned<Json>],
    forced: bool,
) -> (Vec<(usize, &'j Spanned<Json>)>, usize) {
    let mut out = Vec::new();
    let mut rest = values;
    let inputs = class.inputs.iter().enumerate().filter(|(_, input)| has_value(input, forced));
    for (at, input) in inputs {
        let Some((value, behind)) = rest.split_first() else { break };
        out.push((at, value));
        rest = behind;
        if has_control(input) && rest.first().is_some_and(|word| is_control_word(&word.v)) {
            rest = &rest[1..];
        }
    }
    let uploads = class.inputs.iter().filter(|input| input.upload).count();
    (out, rest.len().saturating_sub(uploads))
}

/// Whether a word may follow: by declaration, or as every whole number of these names has it.
fn has_control(input: &ComfyInput) -> bool {
    let seed = matches!(input.name.as_str(), "seed" | "noise_seed");
    input.control || seed && matches!(input.ty, ComfyType::Int { .. })
}

fn is_control_word(json: &Json) -> bool {
    let words = ["fixed", "increment", "decrement", "randomize", "increment-wrap"];
    json.as_text().is_some_and(|word| words.contains(&word))
}
