//! JSON as Python writes it, for the texts in pictures that ComfyUI reads back.

use std::fmt::Write;

use pellucid_source::Json;

use crate::{Prompt, PromptValue};

/// The value with `", "` and `": "` between its parts, and nothing but ASCII.
pub(crate) fn dumps(json: &Json) -> String {
    let mut out = String::new();
    value(&mut out, json);
    out
}

/// A prompt as API format.
pub(crate) fn prompt_json(prompt: &Prompt) -> Json {
    let node = |node: &crate::PromptNode| {
        let input = |input: &crate::PromptInput| {
            let value = match &input.value {
                PromptValue::Literal(json) => json.v.clone(),
                PromptValue::Link { node, slot, .. } => {
                    let slot = pellucid_source::Number { text: slot.to_string().into() };
                    [Json::from(&**node), Json::Number(slot)].into_iter().collect()
                }
            };
            (input.name.clone(), value)
        };
        let inputs: Json = node.inputs.iter().map(input).collect();
        let title = node.title.as_ref().unwrap_or(&node.class);
        let meta: Json = [("title".to_owned(), Json::from(title.as_str()))].into_iter().collect();
        let class = Json::from(node.class.as_str());
        let members = [("inputs", inputs), ("class_type", class), ("_meta", meta)];
        let members: Json =
            members.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        (node.id.to_string(), members)
    };
    prompt.nodes.iter().map(node).collect()
}

fn value(out: &mut String, json: &Json) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => out.push_str(&number.text),
        Json::Text(letters) => text(out, letters),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                value(out, &item.v);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (index, (key, item)) in members.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                text(out, &key.v);
                out.push_str(": ");
                value(out, &item.v);
            }
            out.push('}');
        }
    }
}

fn text(out: &mut String, letters: &str) {
    out.push('"');
    for letter in letters.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("a string takes all text");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_python_writes_it() {
        let json = pellucid_source::read(r#"{"a":[1,2.50,"é\n🦀\u007f"],"b":{"c":null,"d":true}}"#);
        let want = r#"{"a": [1, 2.50, "\u00e9\n\ud83e\udd80\u007f"], "b": {"c": null, "d": true}}"#;
        assert_eq!(dumps(&json.unwrap().v), want);
    }
}
