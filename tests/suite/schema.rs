//! The schema, judged by a validator nobody here wrote: it takes every graph that the program
//! takes, and refuses broken ones.

use std::fs;
use std::path::PathBuf;

use jsonschema::Validator;
use pellucid_graph::schema;
use pellucid_tests::{kinds, repository};
use serde_json::{Value, json};

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema(&kinds(), &[])).unwrap()
}

fn graphs(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repository().join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".json")
                && !name.ends_with(".result.json")
                && !name.ends_with("schema.json")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_shipped_graph_is_valid() {
    let validator = validator();
    let all: Vec<PathBuf> = ["graphs", "tests/graphs"].iter().flat_map(|f| graphs(f)).collect();
    assert!(all.len() > 40);
    for path in all {
        let graph: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&graph).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {}", path.display(), errors.join("; "));
    }
}

#[test]
fn broken_graphs_are_invalid() {
    let validator = validator();
    let solid = json!({ "kind": "solid" });
    let with = |node: Value| json!({ "nodes": { "a": node } });
    assert!(validator.is_valid(&with(solid.clone())));
    let prompt = json!({
        "kind": "encode_prompt", "inputs": { "clip": "c.clip" }, "params": { "embeddings": [] },
    });
    assert!(validator.is_valid(&with(prompt)), "a list that may be left out may be empty");
    for (what, graph) in [
        ("no nodes", json!({})),
        ("an unknown key", json!({ "nodes": {}, "node": {} })),
        ("another version", json!({ "nodes": {}, "pellucid": 2 })),
        ("nodes in a list", json!({ "nodes": [solid] })),
        ("no kind", with(json!({}))),
        ("an unknown kind", with(json!({ "kind": "sollid" }))),
        ("an unknown key of a node", with(json!({ "kind": "solid", "parms": {} }))),
        ("an unknown param", with(json!({ "kind": "solid", "params": { "widht": 4 } }))),
        ("a param out of range", with(json!({ "kind": "solid", "params": { "width": 0 } }))),
        ("a param of another type", with(json!({ "kind": "solid", "params": { "width": "4" } }))),
        ("half a number", with(json!({ "kind": "solid", "params": { "width": 4.5 } }))),
        ("a colour that is none", with(json!({ "kind": "solid", "params": { "colour": "red" } }))),
        (
            "a param that is neither literal nor reference",
            with(json!({ "kind": "solid", "params": { "width": { "parm": "w" } } })),
        ),
        ("a file left out", with(json!({ "kind": "load_image" }))),
        ("no file of several", with(json!({ "kind": "load_clip", "params": { "files": [] } }))),
        ("an input left out", with(json!({ "kind": "merge", "inputs": { "bg": "x.image" } }))),
        (
            "an unknown input",
            with(json!({ "kind": "merge", "inputs": { "bg": "x.i", "fg": "x.i", "gf": "x.i" } })),
        ),
        (
            "a wire without an output",
            with(json!({ "kind": "merge", "inputs": { "bg": "x", "fg": "x.image" } })),
        ),
        (
            "a literal as a wire",
            with(json!({ "kind": "merge", "inputs": { "bg": 4, "fg": "x.image" } })),
        ),
        (
            "a word that is not among the choices",
            with(json!({
                "kind": "merge", "inputs": { "bg": "x.i", "fg": "x.i" }, "params": { "mode": "ovr" },
            })),
        ),
        ("a node called inputs", json!({ "nodes": { "inputs": solid } })),
        ("a node with a dot in its name", json!({ "nodes": { "a.b": solid } })),
        ("an output that is a number", json!({ "nodes": {}, "outputs": { "a.png": 4 } })),
        (
            "an output without a source",
            json!({ "nodes": {}, "outputs": { "a.png": { "bits": 16 } } }),
        ),
        (
            "bits that no format has",
            json!({ "nodes": {}, "outputs": { "a.png": { "from": "x.i", "bits": 12 } } }),
        ),
        ("a graph param without a type", json!({ "nodes": {}, "params": { "p": {} } })),
        (
            "a graph param of an unknown type",
            json!({ "nodes": {}, "params": { "p": { "type": "string" } } }),
        ),
        (
            "a graph input of an unknown type",
            json!({ "nodes": {}, "inputs": { "p": { "type": "picture" } } }),
        ),
    ] {
        assert!(!validator.is_valid(&graph), "{what} is taken: {graph}");
    }
}

#[test]
fn an_editor_finds_descriptions_words_and_ranges() {
    let schema = schema(&kinds(), &[]);
    let params = &schema["$defs"]["kinds"]["merge"]["properties"]["params"]["properties"];
    assert!(params["mode"]["description"].as_str().unwrap().ends_with('.'));
    let words = params["mode"]["anyOf"][0]["enum"].as_array().unwrap();
    assert!(words.contains(&json!("multiply")));
    let meanings = params["mode"]["anyOf"][0]["enumDescriptions"].as_array().unwrap();
    assert_eq!(meanings.len(), words.len());
    assert_eq!(params["opacity"]["anyOf"][0]["maximum"], json!(1.0));
    assert_eq!(params["opacity"]["default"], json!(1.0));
    let kinds = schema["$defs"]["node"]["properties"]["kind"]["anyOf"].as_array().unwrap();
    assert!(kinds.iter().any(|k| k["const"] == "merge" && k["description"].is_string()));
}
