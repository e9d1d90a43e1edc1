//! `pellucid kinds`.

use std::collections::BTreeMap;

use pellucid_graph::{Arity, NodeKind, ParamType, ParamValue, manual};
use pellucid_source::did_you_mean;
use serde_json::Value;

use super::builtin;
use crate::args::KindsArgs;
use crate::exit::{Exit, Failure};
use crate::{Outcome, terminal};

/// Prints the manual, of one kind or as a list.
pub fn kinds(args: &KindsArgs) -> Outcome {
    let kinds = builtin();
    let Some(name) = &args.kind else {
        let text = if args.json {
            format!("{:#}\n", kinds.iter().map(|kind| manual(kind)).collect::<Value>())
        } else {
            list(kinds.iter().map(|kind| &**kind))
        };
        terminal::print(&text)?;
        return Ok(Exit::Done);
    };
    let Some(kind) = kinds.get(name) else {
        let near = did_you_mean(name, kinds.iter().map(|kind| kind.name.as_str()));
        let near = near.map(|near| format!("; {near}")).unwrap_or_default();
        return Err(Failure::usage(format!("there is no kind `{name}`{near}")));
    };
    let text = if args.json { format!("{:#}\n", manual(kind)) } else { page(kind) };
    terminal::print(&text)?;
    Ok(Exit::Done)
}

fn list<'a>(kinds: impl Iterator<Item = &'a NodeKind>) -> String {
    let mut families: BTreeMap<&str, Vec<&NodeKind>> = BTreeMap::new();
    kinds.for_each(|kind| families.entry(&kind.family).or_default().push(kind));
    let mut text = String::new();
    for (family, kinds) in families {
        text.push_str(&format!("{family}\n"));
        for kind in kinds {
            text.push_str(&format!("  {:20} {}\n", kind.name, first_sentence(&kind.docs)));
        }
    }
    text
}

fn first_sentence(docs: &str) -> &str {
    docs.find(". ").map_or(docs, |end| &docs[..=end])
}

fn page(kind: &NodeKind) -> String {
    let mut text = format!("{} ({})\n\n{}\n", kind.name, kind.family, wrapped(&kind.docs, 0));
    if !kind.inputs.is_empty() {
        text.push_str("\ninputs\n");
    }
    for input in &kind.inputs {
        let types: Vec<_> = input.types.iter().map(|ty| ty.name()).collect();
        let arity = match input.arity {
            Arity::One => "",
            Arity::Optional => ", optional",
            Arity::Many => ", one wire or more",
        };
        text.push_str(&entry(&input.name, &format!("{}{arity}", types.join(" or ")), &input.doc));
    }
    if !kind.params.is_empty() {
        text.push_str("\nparams\n");
    }
    for param in &kind.params {
        let default = match &param.default {
            None => "must be given".into(),
            Some(ParamValue::Unset) => "may be left out".into(),
            Some(default) => format!("default {}", default.shown(&param.ty)),
        };
        text.push_str(&entry(&param.name, &format!("{}, {default}", takes(&param.ty)), &param.doc));
        if let ParamType::Choice(choices) = &param.ty {
            for word in choices.words() {
                let meaning = choices.meaning(word).unwrap_or_default();
                text.push_str(format!("        {word:20} {meaning}").trim_end());
                text.push('\n');
            }
        }
    }
    text.push_str("\noutputs\n");
    for output in &kind.outputs {
        let types: Vec<_> = output.types.iter().map(|ty| ty.name()).collect();
        text.push_str(&entry(&output.name, &types.join(" or "), &output.doc));
    }
    text
}

fn takes(ty: &ParamType) -> String {
    match ty {
        ParamType::Float { min, max } if *min <= -1e30 && *max >= 1e30 => "float".into(),
        ParamType::Float { min, max } if *max >= 1e30 => format!("float from {min}"),
        ParamType::Float { min, max } if *min <= -1e30 => format!("float up to {max}"),
        ParamType::Float { min, max } => format!("float from {min} to {max}"),
        ParamType::Int { min, max } => format!("int from {min} to {max}"),
        ParamType::Numbers { min, max } if min == max => format!("{min} numbers"),
        ParamType::Choice(_) => "one of the words below".into(),
        ty => ty.name().into(),
    }
}

fn entry(name: &str, what: &str, doc: &str) -> String {
    format!("  {name:14} {what}\n{}\n", wrapped(doc, 17))
}

/// Text in lines of at most 96 characters.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = vec![" ".repeat(indent)];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.chars().count() + 1 + word.chars().count() > 96 && line.trim() != "" {
            lines.push(format!("{}{word}", " ".repeat(indent)));
        } else {
            if line.trim() != "" {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
