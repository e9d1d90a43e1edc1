//! What laid out files look like.

use super::*;
use crate::read;

fn laid_out(text: &str) -> String {
    layout(&read(text).unwrap().v, &Style::default())
}

#[test]
fn the_root_is_spread_and_what_is_short_is_on_one_line() {
    let text = r#"{"a":1,"b":{"c":[1,2,{"d":null}],"e":{}},"f":[],"g":[true,false,"x"]}"#;
    let expected = r#"{
  "a": 1,
  "b": { "c": [1, 2, { "d": null }], "e": {} },
  "f": [],
  "g": [true, false, "x"]
}
"#;
    assert_eq!(laid_out(text), expected);
}

#[test]
fn roots_of_every_kind_end_in_a_line_break() {
    for (text, expected) in [
        ("{}", "{}\n"),
        ("[ ]", "[]\n"),
        ("1", "1\n"),
        ("\"a\"", "\"a\"\n"),
        ("[1,2]", "[\n  1,\n  2\n]\n"),
    ] {
        assert_eq!(laid_out(text), expected);
    }
}

/// An object with one list that is `width` characters wide on one line, indent and comma included.
fn line_of(width: usize, comma: &str) -> String {
    let text = "x".repeat(width - "  \"a\": [\"\"]".len() - comma.len());
    format!("{{\"a\":[\"{text}\"]{comma}}}")
}

#[test]
fn a_line_is_used_to_its_last_column_and_no_further() {
    assert_eq!(laid_out(&line_of(100, "")).lines().nth(1).map(str::len), Some(100));
    assert_eq!(laid_out(&line_of(101, "")).lines().nth(1), Some("  \"a\": ["));
    let followed = |width| line_of(width, ",").replace(",}", ",\"b\":1}");
    assert_eq!(laid_out(&followed(100)).lines().nth(1).map(str::len), Some(100));
    assert_eq!(laid_out(&followed(101)).lines().nth(1), Some("  \"a\": ["));
}

#[test]
fn width_is_counted_in_characters() {
    let text = line_of(100, "").replace('x', "é");
    assert_eq!(laid_out(&text).lines().nth(1).map(|line| line.chars().count()), Some(100));
}

#[test]
fn numbers_stay_as_they_were_written() {
    let numbers = "[\n  1.0,\n  1e3,\n  -0,\n  1E+05,\n  0.10,\n  1e999,\n  123456789012345678901234567890\n]\n";
    assert_eq!(laid_out(numbers), numbers);
}

#[test]
fn text_is_escaped_only_where_it_has_to_be() {
    let text = r#"["\u00e9\u2028\/\ud83d\ude00\u007f", "\"\\\b\f\n\r\t\u0001\u001F"]"#;
    let expected = "[\n  \"é\u{2028}/😀\u{7f}\",\n  \"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\"\n]\n";
    assert_eq!(laid_out(text), expected);
}

#[test]
fn keys_are_ordered_by_rank_and_else_stay_as_written() {
    let rank = |path: &[&str], key: &str| match (path, key) {
        ([], "nodes") => 0,
        (["nodes", _], "kind") => 0,
        _ => 1,
    };
    let style = Style { rank: &rank, ..Style::default() };
    let text = r#"{"z":1,"a":2,"nodes":{"b":{"y":1,"kind":2,"x":3},"a":{"kind":1}},"kind":3}"#;
    let expected = r#"{
  "nodes": { "b": { "kind": 2, "y": 1, "x": 3 }, "a": { "kind": 1 } },
  "z": 1,
  "a": 2,
  "kind": 3
}
"#;
    assert_eq!(layout(&read(text).unwrap().v, &style), expected);
}

#[test]
fn chosen_objects_have_their_members_on_lines_of_their_own() {
    let spread = |path: &[&str]| matches!(path, ["nodes"] | ["list", "[]", "deep"]);
    let style = Style { spread: &spread, ..Style::default() };
    let text = r#"{"nodes":{"a":{"kind":1},"b":{}},"list":[{"deep":{"x":1}},{"deep":{}}],"o":{"nodes":{"a":1}}}"#;
    let expected = r#"{
  "nodes": {
    "a": { "kind": 1 },
    "b": {}
  },
  "list": [
    {
      "deep": {
        "x": 1
      }
    },
    { "deep": {} }
  ],
  "o": { "nodes": { "a": 1 } }
}
"#;
    assert_eq!(layout(&read(text).unwrap().v, &style), expected);
}

#[test]
fn repeated_keys_are_kept() {
    let text = "{\n  \"a\": 1,\n  \"a\": 2\n}\n";
    assert_eq!(laid_out(text), text);
}

#[test]
fn a_tree_that_a_program_builds_is_laid_out_like_one_that_was_read() {
    let list: Json = [Json::from("x"), Json::from(true), Json::Null].into_iter().collect();
    let json: Json = [("a".to_owned(), list)].into_iter().collect();
    assert_eq!(layout(&json, &Style::default()), "{\n  \"a\": [\"x\", true, null]\n}\n");
}
