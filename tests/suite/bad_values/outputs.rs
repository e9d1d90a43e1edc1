//! Outputs that cannot be written, or not so.

use std::fs;

use pellucid_graph::Cancel;
use pellucid_host::Options;
use pellucid_tests::{Folder, codes, told};

use super::cases::{A, B, Case, case, graph, nodes};
use super::{cases, check};

/// The picture `a.image` or, with alpha, `b.image`.
fn writes(name: &str, output: &str) -> Case {
    case(name, graph(&format!("{A}, {B}"), output))
}

#[test]
fn a_name_that_is_none_is_found() {
    let plain = "use a plain file name";
    let one = |name: &str, at: &'static str, says: &'static str| {
        writes(name, &format!("{at}: \"a.image\"")).finds("bad-output", at, says, plain)
    };
    check(vec![
        one("up", "\"../o.png\"", "has `..` in it"),
        one("up from below", "\"x/../../o.png\"", "has `..` in it"),
        one("only up", "\"..\"", "has `..` in it"),
        one("only here", "\".\"", "has `.` in it"),
        one("absolute", "\"/tmp/o.png\"", "starts at the root"),
        one("of another system", "\"C:\\\\o.png\"", "has ':' in it"),
        one("empty", "\"\"", "is empty"),
        one("an empty part", "\"x//o.png\"", "has an empty part"),
        one("a folder", "\"x/\"", "has an empty part"),
        one("a line break", "\"a\\nb.png\"", "has '\\n' in it"),
        one("an escape", "\"\\u001b[31m.png\"", "has '\\u{1b}' in it"),
        one("a NUL", "\"a\\u0000.png\"", "has '\\0' in it"),
        one("only a suffix", "\".png\"", "is only a suffix"),
        one("only a suffix, in a folder", "\"x/.png\"", "is only a suffix"),
        one("no suffix behind its dot", "\"o.\"", "ends in a dot"),
        writes("too long", &format!("\"{}.png\": \"a.image\"", "x".repeat(300))).finds_somewhere(
            "bad-output",
            "is longer than 200 bytes",
            plain,
        ),
    ]);
}

#[test]
fn a_format_that_is_none_is_found() {
    check(vec![
        writes("nearly right", r#""o.pngg": "a.image""#).finds(
            "bad-output",
            "\"o.pngg\"",
            "there is no format `.pngg`",
            "did you mean `png`?",
        ),
        writes("far from all", r#""o.gif": "a.image""#).finds(
            "bad-output",
            "\"o.gif\"",
            "there is no format `.gif`",
            "",
        ),
    ]);
}

#[test]
fn what_a_format_cannot_hold_is_found() {
    check(vec![
        writes("alpha", r#""o.jpg": "b.image""#).finds(
            "bad-output",
            "\"o.jpg\"",
            "JPEG holds no alpha, but the picture is straight",
            "\"background\"",
        ),
        writes("16 bits", r#""o.jpg": { "from": "a.image", "bits": 16 }"#).finds(
            "bad-output",
            "16",
            "JPEG has no 16 bits a channel",
            "it has 8",
        ),
        writes("32 bits", r#""o.png": { "from": "a.image", "bits": 32 }"#).finds(
            "bad-output",
            "32",
            "PNG has no 32 bits a channel",
            "it has 8 or 16",
        ),
        writes("7 bits", r#""o.png": { "from": "a.image", "bits": 7 }"#).finds(
            "wrong-type",
            "7",
            "`bits` must be one of [8, 16, 32]",
            "",
        ),
        writes("quality", r#""o.png": { "from": "a.image", "quality": 50 }"#).finds(
            "bad-output",
            "50",
            "PNG loses nothing, so it has no quality",
            "leave it out",
        ),
        writes("quality 0", r#""o.jpg": { "from": "a.image", "quality": 0 }"#).finds(
            "wrong-type",
            "0",
            "`quality` must be a whole number from 1 to 100",
            "",
        ),
        writes("a background", r#""o.jpg": { "from": "b.image", "background": "white" }"#)
            .finds("bad-output", "\"o.jpg\"", "JPEG holds no alpha", "")
            .finds("wrong-type", "\"white\"", "must be a colour such as \"#ffffff\"", ""),
        writes("dither", r#""o.png": { "from": "a.image", "dither": "yes" }"#).finds(
            "wrong-type",
            "\"yes\"",
            "`dither` is text, but must be true or false",
            "",
        ),
        writes("bits of tensors", r#""o.safetensors": { "from": "a.image", "bits": 16 }"#).finds(
            "bad-output",
            "16",
            ".safetensors has no `bits`",
            "leave it out",
        ),
        writes("a picture as JSON", r#""o.json": "a.image""#).finds(
            "bad-output",
            "\"o.json\"",
            ".json cannot hold an image",
            "write it as .png",
        ),
        case("a batch", graph(r#""a": { "kind": "twins" }"#, r#""o.png": "a.image""#)).finds(
            "bad-output",
            "\"o.png\"",
            "holds one picture, but 2 come",
            "\"picture_##.png\"",
        ),
    ]);
}

#[test]
fn an_output_does_not_replace_what_the_graph_reads() {
    let loads = |output: &str| {
        graph(r#""a": { "kind": "load_image", "params": { "file": "in.png" } }"#, output)
    };
    let picture = super::pictures::good_png();
    let other = "write to another folder with --out";
    check(vec![
        case("its picture", loads(r#""in.png": "a.image""#))
            .file("in.png", picture.clone())
            .out(".")
            .finds("bad-output", "\"in.png\"", "in.png is a file the graph reads", other),
        case(
            "its picture, by number",
            loads(r#""in#.png": "a.image""#).replace("in.png", "in1.png"),
        )
        .file("in1.png", picture.clone())
        .out(".")
        .finds("bad-output", "\"in#.png\"", "in#.png is a file the graph reads", other),
        case("two outputs of one name", loads(r#""o1.png": "a.image", "o#.png": "a.image""#))
            .file("in.png", picture)
            .finds(
                "bad-output",
                "\"o#.png\"",
                "o1.png and o#.png are written to one file",
                "another name",
            ),
    ]);
}

#[test]
fn a_place_that_cannot_be_written_is_found() {
    let hint = "choose another folder with --out DIR";
    check(vec![
        case("a file for a folder", nodes(A)).file("taken", "").out("taken").finds(
            "cannot-write",
            "\"o.png\"",
            "o.png cannot be written",
            hint,
        ),
        case("below a file", nodes(A)).file("taken", "").out("taken/deeper/still").finds(
            "cannot-write",
            "\"o.png\"",
            "o.png cannot be written",
            hint,
        ),
        case("a folder for a file", nodes(A)).file("out/o.png/x", "kept").finds(
            "cannot-write",
            "\"o.png\"",
            "o.png cannot be written",
            hint,
        ),
        case("a path too long", nodes(A)).out(&"deep/".repeat(1_000)).finds(
            "cannot-write",
            "\"o.png\"",
            "cannot be written",
            hint,
        ),
    ]);
    if cfg!(target_os = "linux") {
        // Nobody, not even root, makes files there.
        check(vec![
            case("a file system that takes no files", nodes(A)).out("/proc/pellucid").finds(
                "cannot-write",
                "\"o.png\"",
                "cannot be written",
                hint,
            ),
        ]);
    }
}

#[test]
fn a_node_that_fails_takes_nothing_else_along() {
    let folder = Folder::new();
    let text = graph(
        &format!(
            "{A}, \"p\": {{ \"kind\": \"panics\" }}, \"w\": {{ \"kind\": \"breaks_its_word\" }}"
        ),
        r#""a.png": "a.image", "p.png": "p.image", "w.png": "w.image""#,
    );
    folder.write("graph.json", text);
    let told = told(Options { kinds: cases::kinds(), ..folder.options() });
    for _ in 0..2 {
        let report = told.session.run(&Cancel::default());
        assert_eq!(codes(&report), ["failed", "failed"]);
        let findings = &report.resolved.findings;
        assert!(findings[0].message.contains("panics broke off: on purpose"));
        assert!(findings[1].message.contains("promised"));
        assert!(
            findings.iter().all(|f| f.hint.as_deref().unwrap().contains("a fault of the kind"))
        );
    }
    let names = fs::read_dir(folder.path("out")).unwrap().flatten();
    assert_eq!(names.map(|entry| entry.file_name()).collect::<Vec<_>>(), ["a.png"]);
}

#[test]
fn a_run_that_writes_nothing_says_why() {
    let folder = Folder::new();
    folder.write("graph.json", graph(A, r#""image": "a.image""#));
    let report = folder.run();
    assert_eq!(codes(&report), ["no-outputs"]);
    let finding = &report.resolved.findings[0];
    assert!(finding.message.contains("`image` has no suffix"), "{}", finding.message);
    assert_eq!(finding.hint.as_deref(), Some("name it \"image.png\""));
    folder.write("graph.json", format!("{{ \"nodes\": {{ {A} }} }}"));
    assert_eq!(codes(&folder.run()), ["no-outputs", "unused-node"]);
}
