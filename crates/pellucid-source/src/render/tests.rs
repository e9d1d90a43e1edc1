//! What findings look like.

use super::*;
use crate::{Diagnostic, Place, Sources, Span, did_you_mean};

const GRAPH: &str = r#"{
  "a":    { "kind": "sqare" },
  "b":    { "kind": "square", "params": { "size": 4 } },
  "comp": { "kind": "alpha_over", "inputs": { "bg": "a.image", "fg": "b.image" } }
}
"#;

/// Sources with one file, and the place of the first `part` of it.
fn one(text: &str, part: &str) -> (Sources, Place) {
    let mut sources = Sources::default();
    let file = sources.add("g.json", text);
    (sources, find(text, part).at(file))
}

fn find(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

fn plain(d: &Diagnostic, sources: &Sources) -> String {
    render(d, sources, false)
}

/// The lines that show a mark under `part` of `text`.
fn marked(text: &str, part: &str) -> Vec<String> {
    let (sources, place) = one(text, part);
    let shown = plain(&Diagnostic::error("x", "y").at(place), &sources);
    shown.lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn a_finding_shows_its_line_its_mark_and_its_hint() {
    let (sources, place) = one(GRAPH, "\"sqare\"");
    let d = Diagnostic::error("unknown-kind", "there is no kind `sqare`")
        .at(place)
        .hint(did_you_mean("sqare", ["square"]).unwrap());
    let expected = r#"
error[unknown-kind]: there is no kind `sqare`
  --> g.json:2:21
   2 |   "a":    { "kind": "sqare" },
     |                     ^^^^^^^
     = hint: did you mean `square`?
"#;
    assert_eq!(plain(&d, &sources), expected[1..]);
}

#[test]
fn a_note_shows_its_own_line() {
    let (sources, place) = one(GRAPH, "\"b.image\"");
    let d = Diagnostic::error("refused", "fg is 4x4, but bg is 8x8")
        .at(place)
        .note(find(GRAPH, "\"b\"").at(place.file), "fg comes from here")
        .hint("put a `fit` node in front of fg");
    let expected = r#"
error[refused]: fg is 4x4, but bg is 8x8
  --> g.json:4:70
   4 |   "comp": { "kind": "alpha_over", "inputs": { "bg": "a.image", "fg": "b.image" } }
     |                                                                      ^^^^^^^^^
   3 |   "b":    { "kind": "square", "params": { "size": 4 } },
     |   --- fg comes from here
     = hint: put a `fit` node in front of fg
"#;
    assert_eq!(plain(&d, &sources), expected[1..]);
}

#[test]
fn a_note_on_the_same_line_does_not_repeat_it() {
    let (sources, place) = one("{ \"a\": 1, \"a\": 2 }", "\"a\": 2");
    let d = Diagnostic::error("duplicate-key", "the key `a` is repeated")
        .at(Span { end: place.span.start + 3, ..place.span }.at(place.file))
        .note(Span { start: 2, end: 5 }.at(place.file), "first here");
    let expected = r#"
error[duplicate-key]: the key `a` is repeated
  --> g.json:1:11
   1 | { "a": 1, "a": 2 }
     |           ^^^
     |   --- first here
"#;
    assert_eq!(plain(&d, &sources), expected[1..]);
}

#[test]
fn a_note_in_another_file_names_it() {
    let (mut sources, place) = one(GRAPH, "\"sqare\"");
    let other = sources.add("kinds/shadow.json", "{ \"inputs\": {} }");
    let d = Diagnostic::warning("x", "y")
        .at(place)
        .note(Span { start: 2, end: 10 }.at(other), "declared here")
        .note(find(GRAPH, "\"b\"").at(place.file), "and used here");
    let expected = r#"
warning[x]: y
  --> g.json:2:21
   2 |   "a":    { "kind": "sqare" },
     |                     ^^^^^^^
  --> kinds/shadow.json:1:3
   1 | { "inputs": {} }
     |   -------- declared here
  --> g.json:3:3
   3 |   "b":    { "kind": "square", "params": { "size": 4 } },
     |   --- and used here
"#;
    assert_eq!(plain(&d, &sources), expected[1..]);
}

#[test]
fn without_a_place_there_is_the_headline_only() {
    let d = Diagnostic::error("missing-file", "there is no file `g.json`");
    let shown = plain(&d, &Sources::default());
    assert_eq!(shown, "error[missing-file]: there is no file `g.json`\n");
    let shown = plain(&d.hint("look elsewhere"), &Sources::default());
    assert_eq!(shown.lines().last(), Some("     = hint: look elsewhere"));
}

#[test]
fn tabs_and_wide_characters_do_not_move_the_mark() {
    assert_eq!(marked("\t\"a\": 1", "\"a\""), ["   1 |     \"a\": 1", "     |     ^^^"]);
    assert_eq!(marked("[\"柴火\", 7]", "7"), ["   1 | [\"柴火\", 7]", "     |          ^"]);
    assert_eq!(marked("[\"柴火\", 7]", "\"柴火\""), ["   1 | [\"柴火\", 7]", "     |  ^^^^^^"]);
    assert_eq!(marked("[\"e\u{301}\", 7]", "7"), ["   1 | [\"e\u{301}\", 7]", "     |       ^"]);
}

#[test]
fn a_long_line_is_cut_around_the_mark() {
    let text = format!("[\"{}\", x, \"{}\"]", "a".repeat(1000), "b".repeat(1000));
    let [line, mark] = &marked(&text, "x")[..] else { panic!("two lines") };
    assert!(line.starts_with("   1 | …aaa") && line.ends_with("bbb…"), "{line}");
    assert_eq!(line.chars().position(|c| c == 'x'), mark.find('^'));
    // 120 columns, two ellipses and the frame.
    assert!(line.chars().count() <= 120 + 2 + 7, "{}", line.chars().count());
}

#[test]
fn a_mark_longer_than_the_line_shown_ends_with_it() {
    let text = format!("[\"{}\"]", "a".repeat(5000));
    let [line, mark] = &marked(&text, &text[1..5002])[..] else { panic!("two lines") };
    assert!(line.starts_with("   1 | [\"aaa") && line.ends_with("aaa…"), "{line}");
    assert_eq!(mark.chars().count(), line.chars().count() - 1);
}

#[test]
fn the_end_of_a_long_line_fills_the_width() {
    let text = format!("[\"{}\", x]", "a".repeat(1000));
    let line = &marked(&text, "x")[0];
    assert!(line.starts_with("   1 | …aaa") && line.ends_with("\", x]"), "{line}");
    assert_eq!(line.chars().count(), 120 + 1 + 7);
}

#[test]
fn a_mark_over_several_lines_stays_on_the_first() {
    assert_eq!(marked("[{ \"a\":\n1 }]", "{ \"a\":\n1 }"), ["   1 | [{ \"a\":", "     |  ^^^^^^"]);
}

#[test]
fn a_mark_behind_the_end_or_between_characters_is_one_wide() {
    let mut sources = Sources::default();
    let file = sources.add("g.json", "{\n  \"a\": 1");
    let at = |offset| Diagnostic::error("x", "y").at(Span::empty(offset).at(file));
    let shown = plain(&at(10), &sources);
    assert!(shown.ends_with("   2 |   \"a\": 1\n     |         ^\n"), "{shown}");
    let shown = plain(&at(1), &sources);
    assert!(shown.ends_with("   1 | {\n     |  ^\n"), "{shown}");
    let shown = plain(&at(9999), &sources);
    assert!(shown.contains("g.json:2:9\n"), "{shown}");
}

#[test]
fn an_empty_file_can_be_pointed_at() {
    let mut sources = Sources::default();
    let file = sources.add("g.json", "");
    let shown = plain(&Diagnostic::error("x", "y").at(Span::empty(0).at(file)), &sources);
    assert_eq!(shown, "error[x]: y\n  --> g.json:1:1\n   1 |\n     | ^\n");
}

#[test]
fn line_numbers_of_any_length_keep_the_bars_in_line() {
    let text = format!("{}x", "\n".repeat(123_455));
    let (sources, place) = one(&text, "x");
    let shown = plain(&Diagnostic::error("x", "y").at(place).hint("z"), &sources);
    assert!(shown.ends_with("123456 | x\n       | ^\n       = hint: z\n"), "{shown}");
}

#[test]
fn nothing_in_a_file_or_a_name_reaches_the_terminal_as_a_command() {
    let mut sources = Sources::default();
    let file = sources.add("g\u{1b}]0;.json", "[\"\u{1b}[31m\u{9b}\u{202e}\", 1]\r");
    let place = Span { start: 0, end: 1 }.at(file);
    let d = Diagnostic::error("x", "a\u{1b}b\nc").at(place).note(place, "\u{7}").hint("\u{1b}c");
    let shown = plain(&d, &sources);
    let unsafe_ones = |c: &char| c.is_control() && *c != '\n' || *c == '\u{202e}';
    assert_eq!(shown.chars().find(unsafe_ones), None, "{shown}");
    assert_eq!(shown.lines().count(), 6);
    assert!(shown.contains("[\"<U+001B>[31m<U+009B><U+202E>\", 1]"), "{shown}");
}

#[test]
fn a_mark_under_an_invisible_character_covers_its_spelling() {
    assert_eq!(marked("[\u{200b}1]", "\u{200b}"), ["   1 | [<U+200B>1]", "     |  ^^^^^^^^"]);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let (sources, place) = one(GRAPH, "\"sqare\"");
    let d = Diagnostic::warning("x", "y").at(place).note(place, "z").hint("w");
    let coloured = render(&d, &sources, true);
    assert!(coloured.contains("\u{1b}[1;33m"), "{coloured:?}");
    let mut bare = String::new();
    for part in coloured.split('\u{1b}') {
        bare.push_str(part.split_once('m').filter(|_| part.starts_with('[')).map_or(part, |p| p.1));
    }
    assert_eq!(bare, plain(&d, &sources));
}

#[test]
fn a_sentence_of_a_megabyte_fits_a_screen() {
    let long = format!("there is no kind `{}` to be had", "k".repeat(1 << 20));
    let text = render(&Diagnostic::error("x", long.clone()).hint(long), &Sources::default(), false);
    assert!(text.len() < 1_200, "{}", text.len());
    assert!(text.starts_with("error[x]: there is no kind `kkk"), "{text}");
    assert!(text.contains("kkk` to be had\n"), "{text}");
}
