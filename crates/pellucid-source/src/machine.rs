//! Findings for programs.

use serde_json::{Value, json};

use crate::{Diagnostic, Place, Sources};

/// A finding as one JSON object: `severity`, `code`, `message`, `file`, `line`, `column`, `end_line`,
/// `end_column`, `offset`, `length`, `node`, `port`, `hint` and `notes` (each with `message` and the same
/// keys of a place).
///
/// Lines and columns count from 1, columns in characters; the end is the character behind the last; offset and
/// length are in bytes. What does not apply is `null`.
pub fn to_json(d: &Diagnostic, sources: &Sources) -> Value {
    let notes: Vec<Value> = d
        .notes
        .iter()
        .map(|note| placed(json!({ "message": note.message }), Some(note.place), sources))
        .collect();
    let head = json!({ "severity": d.severity.name(), "code": d.code, "message": d.message });
    let mut object = placed(head, d.place, sources);
    object["node"] = d.node.clone().into();
    object["port"] = d.port.clone().into();
    object["hint"] = d.hint.clone().into();
    object["notes"] = notes.into();
    object
}

fn placed(mut object: Value, place: Option<Place>, sources: &Sources) -> Value {
    let source = place.map(|place| (sources.get(place.file), place.span));
    let start = source.map(|(source, span)| source.position(span.start));
    let end = source.map(|(source, span)| source.position(span.end.max(span.start)));
    object["file"] = source.map(|(source, _)| source.name.clone()).into();
    object["line"] = start.map(|position| position.line).into();
    object["column"] = start.map(|position| position.column).into();
    object["end_line"] = end.map(|position| position.line).into();
    object["end_column"] = end.map(|position| position.column).into();
    object["offset"] = source.map(|(_, span)| span.start).into();
    object["length"] = source.map(|(_, span)| span.len()).into();
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileId, Span};

    #[test]
    fn a_finding_says_all_it_knows() {
        let mut sources = Sources::default();
        let file = sources.add("g.json", "{\n  \"é\": \"sqare\"\n}");
        let d = Diagnostic::error("unknown-kind", "there is no kind `sqare`")
            .at(Span { start: 10, end: 17 }.at(file))
            .note(Span { start: 0, end: 1 }.at(file), "in here")
            .hint("did you mean `square`?")
            .node("é");
        let expected = json!({
            "severity": "error", "code": "unknown-kind", "message": "there is no kind `sqare`",
            "file": "g.json", "line": 2, "column": 8, "end_line": 2, "end_column": 15,
            "offset": 10, "length": 7,
            "node": "é", "port": null, "hint": "did you mean `square`?",
            "notes": [{
                "message": "in here", "file": "g.json", "line": 1, "column": 1,
                "end_line": 1, "end_column": 2, "offset": 0, "length": 1,
            }],
        });
        assert_eq!(to_json(&d, &sources), expected);
    }

    #[test]
    fn a_finding_without_a_place_has_null_in_its_stead() {
        let value = to_json(&Diagnostic::warning("x", "y"), &Sources::default());
        assert_eq!(value["severity"], "warning");
        for key in ["file", "line", "column", "end_line", "end_column", "offset", "length", "hint"]
        {
            assert_eq!(value.get(key), Some(&Value::Null), "{key}");
        }
        assert_eq!(value["notes"], json!([]));
    }

    #[test]
    fn a_place_in_an_unknown_file_does_no_harm() {
        let d = Diagnostic::error("x", "y").at(Span { start: 5, end: 9 }.at(FileId(7)));
        assert_eq!(to_json(&d, &Sources::default())["line"], 1);
    }
}
