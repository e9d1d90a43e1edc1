//! Graph files that are not JSON, or more of it than anybody writes.

use super::cases::{A, case, nodes};
use super::check;

#[test]
fn a_file_that_is_not_text_says_what_it_is() {
    let wide: Vec<u8> = nodes(A).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide_big: Vec<u8> = nodes(A).encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf8 = "save it as UTF-8";
    check(vec![
        case("no bytes", "").finds("syntax", "", "the file is empty", "start with"),
        case("blanks", " \n\t ").finds("syntax", "", "nothing but blanks", "start with"),
        case("a byte order mark", format!("\u{feff}{}", nodes(A))).finds(
            "syntax",
            "\u{feff}",
            "byte order mark (U+FEFF)",
            "without a byte order mark",
        ),
        case("UTF-16 with a mark", [&b"\xff\xfe"[..], &wide].concat()).finds(
            "syntax",
            "",
            "in UTF-16",
            utf8,
        ),
        case("UTF-16 without", wide.clone()).finds("syntax", "", "in UTF-16", utf8),
        case("UTF-16, big end first", wide_big).finds("syntax", "", "in UTF-16", utf8),
        case("UTF-32", b"\xff\xfe\0\0{\0\0\0").finds("syntax", "", "in UTF-32", utf8),
        case("Latin-1", b"{ \"note\": \"caf\xe9\" }").finds_somewhere(
            "syntax",
            "byte 0xE9 is not UTF-8",
            "the byte is `é`",
        ),
        case("cut inside a character", b"{ \"note\": \"\xf0\x9f\x94").finds_somewhere(
            "syntax",
            "ends inside a character",
            "save it again",
        ),
        case("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").finds_somewhere(
            "syntax",
            "a PNG picture, not JSON",
            "give the JSON file",
        ),
        case("a NUL between values", "{\0\"nodes\": {} }").finds(
            "syntax",
            "\0",
            "a control character (U+0000)",
            "delete it",
        ),
    ]);
}

#[test]
fn json_of_other_languages_is_explained() {
    check(vec![
        case("a trailing comma", "{ \"nodes\": {}, }").finds(
            "syntax",
            ",",
            "trailing comma",
            "remove",
        ),
        case("a comment", "{ // all of it\n \"nodes\": {} }").finds(
            "syntax",
            "// all of it",
            "no comments",
            "\"note\"",
        ),
        case("a block comment", "{ /* all */ \"nodes\": {} }").finds(
            "syntax",
            "/* all */",
            "no comments",
            "\"note\"",
        ),
        case("single quotes", "{ 'nodes': {} }").finds(
            "syntax",
            "'nodes'",
            "single quotes",
            "\"nodes\"",
        ),
        case("a bare key", "{ nodes: {} }").finds(
            "syntax",
            "nodes",
            "not in double quotes",
            "\"nodes\"",
        ),
        case("NaN", nodes(r#""a": { "kind": "solid", "params": { "width": NaN } }"#)).finds(
            "syntax",
            "NaN",
            "not a number that JSON can hold",
            "finite",
        ),
        case("-Infinity", nodes(r#""a": { "kind": "solid", "params": { "width": -Infinity } }"#))
            .finds("syntax", "-Infinity", "not a number that JSON can hold", "finite"),
        case("hexadecimal", nodes(r#""a": { "kind": "solid", "params": { "width": 0x10 } }"#))
            .finds("syntax", "0x10", "not written in decimal", "`16`"),
        case("a missing comma", "{ \"nodes\": {} \"outputs\": {} }").finds(
            "syntax",
            "",
            "a comma is missing",
            "write `,`",
        ),
        case("a wrong bracket", "{ \"nodes\": {] }").finds(
            "syntax",
            "]",
            "`]` cannot close an object",
            "close it with `}`",
        ),
        case("half a file", "{ \"nodes\": { \"a\": { \"kind\": \"sol").finds(
            "syntax",
            "\"sol",
            "the file ends inside text",
            "close it",
        ),
        case("a line break in text", "{ \"note\": \"one\ntwo\" }").finds(
            "syntax",
            "\"one",
            "not closed on its line",
            "\\n",
        ),
        case("half a character", "{ \"note\": \"\\ud83d\" }").finds(
            "syntax",
            "\\ud83d",
            "half a character",
            "both halves",
        ),
        case("a path with backslashes", r#"{ "note": "C:\pictures" }"#).finds(
            "syntax",
            "\\p",
            "not an escape",
            "a path may have `/`",
        ),
        case("two values", "{ \"nodes\": {} } { }").finds(
            "syntax",
            "{",
            "more after the end",
            "one value",
        ),
    ]);
}

#[test]
fn bombs_are_refused_before_they_grow() {
    let many = |text: &str, count: usize| text.repeat(count);
    check(vec![
        case("a hundred thousand lists", many("[", 100_000)).finds(
            "syntax",
            "[",
            "nested more than 128 deep",
            "take some brackets away",
        ),
        case("fifty million lists", many("[", 50_000_000)).finds(
            "syntax",
            "[",
            "nested more than 128 deep",
            "take some brackets away",
        ),
        case("a hundred thousand objects", many("{\"a\":", 100_000)).finds(
            "syntax",
            "{",
            "nested more than 128 deep",
            "take some brackets away",
        ),
        case(
            "a number of a million digits",
            format!("{{ \"pellucid\": {} }}", many("9", 1_000_000)),
        )
        .finds_somewhere("syntax", "1000000 characters", "write it shorter"),
        case(
            "a key of a megabyte",
            format!("{{ \"{}\": 1, \"nodes\": {{}} }}", many("k", 1 << 20)),
        )
        .finds_somewhere("unknown-key", "a graph has no key `kkkk", ""),
        case(
            "a name of a megabyte",
            nodes(&format!("\"a\": {{ \"kind\": \"{}\" }}", many("k", 1 << 20))),
        )
        .finds_somewhere("unknown-kind", "there is no kind `kkkk", ""),
    ]);
}

/// Each wrong name is compared with all right ones; that must stay bearable.
#[test]
fn a_thousand_wrong_wires_are_told_in_time() {
    let count = 1_000;
    let entry = |n| {
        format!(
            "\"node_{n}\": {{ \"kind\": \"merge\", \
             \"inputs\": {{ \"bg\": \"nod_{n}.image\", \"fg\": \"inputs.x\" }} }}"
        )
    };
    let entries: Vec<String> = (0..count).map(entry).collect();
    let folder = pellucid_tests::Folder::new();
    folder.write("graph.json", super::cases::graph(&entries.join(", "), ""));
    let start = std::time::Instant::now();
    let report = folder.run();
    let errors = report.resolved.findings.iter().filter(|finding| finding.is_error());
    assert_eq!(errors.count(), 2 * count);
    // Linear work takes a tenth of a second; a minute would mean that it is not bounded.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
