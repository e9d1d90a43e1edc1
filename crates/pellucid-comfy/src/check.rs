//! Checks what a node was given against the declaration of its class, in ComfyUI's terms.

use pellucid_graph::comfy::{
    ComfyClass, ComfyInput, ComfyType, GivenInput, Literal, Origin, Stands,
};
use pellucid_source::{Diagnostic, FileId, Json, Number, Span, Spanned, did_you_mean};

use crate::coerce::{NotConverted, coerce};
use crate::prompt::Declared;
use crate::{PromptInput, PromptNode, PromptValue};

/// What is known of a link's other end.
pub(crate) enum LinkEnd<'s> {
    /// A value, with ComfyUI's type of it.
    Value(&'s Stands, &'s str),
    /// There is no such node.
    NoNode,
    /// The node has only so many outputs.
    NoSlot(usize),
    /// Something is said about that node already.
    Refused,
}

/// How badly a node fits a declaration: inputs that are missing or of the wrong sort.
pub(crate) fn misfit(class: &ComfyClass, node: &PromptNode) -> usize {
    let misfits = |input: &&ComfyInput| match node.input(&input.name).map(|given| &given.value) {
        None => !input.optional,
        Some(PromptValue::Link { .. }) => false,
        Some(PromptValue::Literal(json)) => literal(input, json).is_err(),
    };
    class.inputs.iter().filter(misfits).count()
}

/// Everything a node was given, checked and converted; nothing when it was refused. Inputs that the
/// class does not declare are left out, as in ComfyUI.
pub(crate) fn given<'s>(
    declared: Declared,
    node: &PromptNode,
    file: FileId,
    end: impl Fn(&str, u64) -> LinkEnd<'s>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Vec<GivenInput>> {
    let mut inputs = Vec::new();
    let mut sound = true;
    for input in &declared.class.inputs {
        let checked = match node.input(&input.name) {
            None if input.optional => continue,
            None => Err(Some(missing(input, node, file))),
            Some(given) => check_input(input, given, node, file, &end),
        };
        match checked {
            Ok(given) => inputs.push(given),
            Err(finding) => {
                findings.extend(finding);
                sound = false;
            }
        }
    }
    sound.then_some(inputs)
}

fn missing(input: &ComfyInput, node: &PromptNode, file: FileId) -> Diagnostic {
    let message = format!("required input `{}` is missing", input.name);
    let finding = node.error(file, "comfy-missing-input", None, message).port(&input.name);
    match (&input.ty, input.ty.default()) {
        (ComfyType::Socket(ty), _) => finding.hint(format!(
            "connect {ty}; a link from a muted node, or through a bypassed one with nothing to pass \
             on, counts as none"
        )),
        (_, Some(default)) => {
            let default = pellucid_source::layout(&default, &pellucid_source::Style::default());
            finding.hint(format!("a new node has \"{}\": {}", input.name, default.trim_end()))
        }
        (_, None) => finding,
    }
}

fn check_input<'s>(
    input: &ComfyInput,
    given: &PromptInput,
    node: &PromptNode,
    file: FileId,
    end: &impl Fn(&str, u64) -> LinkEnd<'s>,
) -> Result<GivenInput, Option<Diagnostic>> {
    let name = &input.name;
    let origin = Some(Origin { node: node.id.clone(), input: name.clone() });
    match &given.value {
        PromptValue::Literal(json) => {
            let json = literal(input, json).map_err(|trouble| {
                let code = trouble.code;
                let finding = node.error(file, code, Some(name), trouble.message);
                Some(Diagnostic { hint: trouble.hint, ..finding })
            })?;
            let stands = Stands::Literal(Literal { json: json.v, span: Some(json.span), origin });
            Ok(GivenInput { name: name.clone(), stands, ty: input.ty.name().to_owned() })
        }
        PromptValue::Link { node: source, slot, span } => {
            let error = |code, message: String| node.error(file, code, Some(name), message);
            match end(source, *slot) {
                LinkEnd::Refused => Err(None),
                LinkEnd::NoNode => {
                    let message =
                        format!("input `{name}` is linked to node #{source}, which is not there");
                    Err(Some(error("comfy-link", message)))
                }
                LinkEnd::NoSlot(count) => {
                    let message = format!(
                        "input `{name}` is linked to output {slot} of node #{source}, which has {}",
                        outputs_counted(count)
                    );
                    Err(Some(error("comfy-link", message)))
                }
                LinkEnd::Value(stands, ty) => {
                    if !fits(&input.ty, ty) {
                        let message = format!(
                            "input `{name}` takes {}, but output {slot} of node #{source} is {ty}",
                            input.ty.name()
                        );
                        return Err(Some(error("comfy-type", message)));
                    }
                    let stands = linked(input, stands, *span, origin).map_err(|trouble| {
                        let finding = error(trouble.code, trouble.message);
                        Some(Diagnostic { hint: trouble.hint, ..finding })
                    })?;
                    Ok(GivenInput { name: name.clone(), stands, ty: ty.to_owned() })
                }
            }
        }
    }
}

fn outputs_counted(count: usize) -> String {
    match count {
        0 => "no outputs".into(),
        1 => "one output".into(),
        count => format!("{count} outputs"),
    }
}

/// What comes through a link, with the link as its place.
fn linked(
    input: &ComfyInput,
    stands: &Stands,
    span: Span,
    origin: Option<Origin>,
) -> Result<Stands, LiteralTrouble> {
    Ok(match stands.clone() {
        Stands::Wire(mut wire) => {
            (wire.span, wire.origin) = (Some(span), origin);
            Stands::Wire(wire)
        }
        // A primitive: its value counts as written here, and has to be one that the input takes. A
        // finding about it shows the value, not the link.
        Stands::Literal(mut value) if !matches!(input.ty, ComfyType::Socket(_)) => {
            let json = Spanned::new(value.json, value.span.unwrap_or(span));
            value.json = literal(input, &json)?.v;
            value.origin = origin;
            Stands::Literal(value)
        }
        other => other,
    })
}

/// Whether an output of one type may go into an input: types are equal, or lists with one in common,
/// or one of them is any.
fn fits(wanted: &ComfyType, given: &str) -> bool {
    let wanted = match wanted {
        // Words come from primitives as text.
        ComfyType::Combo { .. } | ComfyType::File(_) => "COMBO,STRING",
        ty => ty.name(),
    };
    types_meet(wanted, given)
}

/// Whether two types of ComfyUI can be linked.
pub(crate) fn types_meet(a: &str, b: &str) -> bool {
    let any = |ty: &str| matches!(ty, "*" | "" | "0");
    any(a)
        || any(b)
        || a.split(',').any(|a| b.split(',').any(|b| a.trim().eq_ignore_ascii_case(b.trim())))
}

/// Why a literal is refused.
struct LiteralTrouble {
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// The literal as the input takes it, or why it does not.
fn literal(input: &ComfyInput, json: &Spanned<Json>) -> Result<Spanned<Json>, LiteralTrouble> {
    let name = &input.name;
    let trouble = |message: String| LiteralTrouble { code: "comfy-value", message, hint: None };
    if let ComfyType::Socket(ty) = &input.ty {
        let message = match &json.v {
            Json::Array(_) => format!("input `{name}` is a list, but no link"),
            other => format!("input `{name}` is {}, but takes a link to {ty}", other.kind()),
        };
        let hint = "a link is [\"node id\", output slot]: the id as text, the slot as a number";
        return Err(LiteralTrouble { code: "comfy-link", message, hint: Some(hint.into()) });
    }
    if matches!(json.v, Json::Array(_)) {
        let message = format!("input `{name}` is a list, but neither a link nor a value");
        let hint = "a link is [\"node id\", output slot]: the id as text, the slot as a number";
        return Err(LiteralTrouble { code: "comfy-link", message, hint: Some(hint.into()) });
    }
    let value = coerce(&input.ty, &json.v).map_err(|NotConverted(wanted)| {
        let hint = word_hint(&input.ty, &json.v);
        let message = format!("`{name}` is {}, but must be {wanted}", shown(&json.v));
        LiteralTrouble { hint, ..trouble(message) }
    })?;
    match (&input.ty, &value) {
        (ComfyType::Int { min, max, .. }, Json::Number(number)) => {
            let int = number.text.parse::<i128>().unwrap_or_default();
            if int < *min || int > *max {
                let message = format!("`{name}` is {int}, but must be from {min} to {max}");
                return Err(trouble(message));
            }
        }
        (ComfyType::Float { min, max, .. }, Json::Number(number)) => {
            let float = number.as_f64().unwrap_or_default();
            if float < *min || float > *max {
                let message = format!("`{name}` is {float}, but must be from {min} to {max}");
                return Err(trouble(message));
            }
        }
        (ComfyType::Combo { words, .. }, Json::Text(word)) if !words.contains(word) => {
            let message = format!("`{name}` cannot be {}", shown(&value));
            return Err(LiteralTrouble { hint: word_hint(&input.ty, &value), ..trouble(message) });
        }
        _ => {}
    }
    Ok(Spanned::new(value, json.span))
}

/// More words than these are not listed.
const MOST_WORDS: usize = 20;

fn word_hint(ty: &ComfyType, given: &Json) -> Option<String> {
    let ComfyType::Combo { words, .. } = ty else { return None };
    let near =
        given.as_text().and_then(|word| did_you_mean(word, words.iter().map(String::as_str)));
    near.or_else(|| {
        let (few, more) = words.split_at(words.len().min(MOST_WORDS));
        let more = if more.is_empty() { "" } else { ", …" };
        Some(format!("it may be {}{more}", few.join(", ")))
    })
}

/// A value for a message.
fn shown(json: &Json) -> String {
    match json {
        Json::Text(text) if text.chars().count() > 60 => {
            let start: String = text.chars().take(50).collect();
            format!("{:?}", start + "…")
        }
        Json::Text(text) => format!("{text:?}"),
        Json::Number(Number { text }) if text.len() <= 40 => text.to_string(),
        Json::Bool(flag) => flag.to_string(),
        other => other.kind().to_owned(),
    }
}
