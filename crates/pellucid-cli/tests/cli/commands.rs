//! What the other commands give.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::{Place, SOLID, ended};

/// Valid, but laid out as nobody would.
const UGLY: &str = "{\"outputs\":{\"o.png\":\"a.image\"},\n\n\"nodes\":{\"a\":{\"params\":{\"height\":8,\"width\":8},\"kind\":\"solid\"}}}";

#[test]
fn fmt_is_idempotent_and_check_writes_nothing() {
    let place = Place::with(UGLY);
    let told = place.run(&["fmt", "--check", "graph.json"]).with(1);
    assert!(told.err.contains("graph.json is not laid out canonically"), "{}", told.err);
    assert_eq!(place.read("graph.json"), UGLY.as_bytes());
    place.run(&["fmt", "graph.json"]).with(0);
    let once = place.read("graph.json");
    assert_ne!(once, UGLY.as_bytes());
    place.run(&["fmt", "--check", "graph.json"]).with(0);
    let again = place.run(&["fmt", "graph.json"]).with(0);
    assert_eq!(again.err, "");
    assert_eq!(place.read("graph.json"), once);
    let same: [Value; 2] =
        [UGLY.as_bytes(), &once].map(|text| serde_json::from_slice(text).unwrap());
    assert_eq!(same[0], same[1]);
}

#[test]
fn fmt_reads_stdin() {
    let place = Place::with(UGLY);
    place.run(&["fmt", "graph.json"]).with(0);
    let mut child = place
        .command(&["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(UGLY.as_bytes()).unwrap();
    let ended = ended(&child.wait_with_output().unwrap()).with(0);
    assert_eq!(ended.out.as_bytes(), place.read("graph.json"));
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let place = Place::new();
    for (name, text) in
        [("cut.json", "{ \"nodes\": {"), ("wide.json", "\u{feff}{}"), ("none.json", "")]
    {
        place.write(name, text);
        let ended = place.run(&["fmt", name]).with(1);
        assert!(ended.err.contains(&format!("{name}:1:")), "{}", ended.err);
        assert_eq!(place.read(name), text.as_bytes());
    }
}

#[test]
fn kinds_are_listed_and_explained() {
    let place = Place::new();
    let list = place.run(&["kinds"]).with(0).out;
    assert!(list.contains("merge") && list.contains("solid"), "{list}");
    let page = place.run(&["kinds", "merge"]).with(0).out;
    assert!(page.contains("opacity") && page.contains("from 0 to 1"), "{page}");
    let all: Value = serde_json::from_str(&place.run(&["kinds", "--json"]).with(0).out).unwrap();
    let one: Value =
        serde_json::from_str(&place.run(&["kinds", "merge", "--json"]).with(0).out).unwrap();
    assert!(all.as_array().unwrap().contains(&one));
    let ended = place.run(&["kinds", "mrege"]).with(2);
    assert!(ended.err.contains("did you mean `merge`?"), "{}", ended.err);
}

#[test]
fn the_schema_is_json() {
    let schema: Value = serde_json::from_str(&Place::new().run(&["schema"]).with(0).out).unwrap();
    assert!(schema["$schema"].is_string() || schema["properties"].is_object(), "{schema}");
}

#[test]
fn a_drawing_is_written_whole() {
    let place = Place::with(SOLID);
    place.run(&["show", "graph.json", "-o", "d/graph.svg"]).with(0);
    assert!(String::from_utf8(place.read("d/graph.svg")).unwrap().trim_end().ends_with("</svg>"));
    place.run(&["show", "graph.json", "-o", "graph.dot"]).with(0);
    assert!(String::from_utf8(place.read("graph.dot")).unwrap().starts_with("digraph"));
}

#[test]
fn a_picture_gives_its_graph_back_byte_for_byte() {
    let odd = format!(
        "\n\t{}  \n",
        SOLID.replace("\"nodes\"", "\"note\": \"é ☂ \\u0007 \\\\\", \"nodes\"")
    );
    let place = Place::with(&odd);
    place.run(&["run", "graph.json", "--set", "a.width=9"]).with(0);
    let ended = place.run(&["import", "o.png"]).with(0);
    assert_eq!(ended.out, odd);
    assert!(ended.err.contains("--set \"a.width=9\""), "{}", ended.err);
    place.run(&["import", "o.png", "-o", "back/graph.json"]).with(0);
    assert_eq!(place.read("back/graph.json"), odd.as_bytes());
    // Again is no change, and what is there with other content stays.
    place.run(&["import", "o.png", "-o", "back/graph.json"]).with(0);
    place.write("back/graph.json", "mine");
    let ended = place.run(&["import", "o.png", "-o", "back/graph.json"]).with(4);
    assert!(ended.err.contains("is there already"), "{}", ended.err);
    assert_eq!(place.read("back/graph.json"), b"mine");
}

#[test]
fn graphs_used_by_the_graph_come_back_with_it() {
    let inner = SOLID.replace("o.png", "image");
    let place = Place::with(
        r#"{ "nodes": { "a": { "kind": "./sub/inner.json" } }, "outputs": { "o.png": "a.image" } }"#,
    );
    place.write("sub/inner.json", &inner);
    place.run(&["run", "graph.json"]).with(0);
    place.run(&["import", "o.png", "-o", "back/graph.json"]).with(0);
    assert_eq!(place.read("back/sub/inner.json"), inner.as_bytes());
    place.run(&["run", "back/graph.json", "--out", "again"]).with(0);
    assert_eq!(place.read("again/o.png"), place.read("o.png"));
}

#[test]
fn what_was_not_written_by_pellucid_has_no_graph() {
    let place = Place::new();
    for (name, bytes, says) in [
        ("a.txt", &b"text"[..], "is not a value"),
        ("b.png", b"\x89PNG\r\n\x1a\n", "does not say which graph"),
    ] {
        place.write(name, bytes);
        let ended = place.run(&["import", name]).with(1);
        assert!(ended.err.contains(says), "{name}: {}", ended.err);
    }
    place.write("c.png", b"");
    place.run(&["import", "c.png"]).with(1);
}

/// What the README runs first, from anywhere: the models beside the graphs are found unnamed.
#[test]
fn the_demo_graph_finds_its_models_and_draws() {
    let place = Place::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let graph = root.join("graphs/demo/foreground.json");
    let graph = graph.to_str().unwrap();
    place.run(&["run", graph, "--out", "out", "--previews", "seen"]).with(0);
    for picture in ["out/layer.png", "out/composite.png", "seen/draw.png", "seen/layer.png"] {
        assert!(place.read(picture).starts_with(b"\x89PNG"), "{picture}");
    }
    // Drawn again, it is the same.
    let again = ["run", graph, "--out", "again", "--no-cache"];
    place.run(&again).with(0);
    assert!(place.read("again/layer.png") == place.read("out/layer.png"));
}
