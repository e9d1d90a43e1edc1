//! Graphs used as nodes.

use pellucid_tests::Folder;

use super::cases::{A, Case, case, graph, nodes};
use super::check;

/// A graph to use: an input `image`, a param `amount` without default, an output `result`.
const INNER: &str = r#"{
  "params": { "amount": { "type": "float", "min": 0, "max": 1 } },
  "inputs": { "image": { "type": "image" } },
  "nodes": {
    "fade": {
      "kind": "merge",
      "inputs": { "bg": "inputs.image", "fg": "inputs.image" },
      "params": { "opacity": { "param": "amount" } }
    }
  },
  "outputs": { "result": "fade.image" }
}"#;

/// Uses `inner.json` as node `a` with these inputs and params.
fn uses(name: &str, inputs: &str, params: &str) -> Case {
    let text = graph(
        &format!(
            "\"b\": {{ \"kind\": \"solid\" }}, \"a\": {{ \"kind\": \"./inner.json\", \
             \"inputs\": {{ {inputs} }}, \"params\": {{ {params} }} }}"
        ),
        r#""o.png": "a.result""#,
    );
    case(name, text).file("inner.json", INNER)
}

const IMAGE: &str = r#""image": "b.image""#;
const AMOUNT: &str = r#""amount": 0.5"#;

#[test]
fn params_of_a_graph_used_as_a_node() {
    check(vec![
        uses("unknown", IMAGE, r#""amount": 0.5, "amuont": 1"#).finds(
            "unknown-param",
            "\"amuont\"",
            "`./inner.json` has no param `amuont`",
            "did you mean `amount`?",
        ),
        uses("missing", IMAGE, "")
            .finds("missing-param", "\"a\"", "a needs a `amount`", "add \"amount\"")
            .inside("graph.json"),
        uses("another type", IMAGE, r#""amount": "half""#)
            .finds("param-type", "\"half\"", "amount is text, but takes a number", "")
            .inside("graph.json"),
        uses("out of range", IMAGE, r#""amount": 2"#)
            .finds("param-range", "2", "amount is 2, but must be from 0 to 1", "")
            .inside("graph.json"),
    ]);
}

#[test]
fn inputs_of_a_graph_used_as_a_node() {
    check(vec![
        uses("unknown", r#""image": "b.image", "imgae": "b.image""#, AMOUNT)
            .finds("unknown-input", "\"imgae\"", "./inner.json has no input `imgae`", "did you mean `image`?"),
        uses("missing", "", AMOUNT)
            .finds("missing-input", "\"a\"", "a needs a wire to `image`", "add \"image\""),
        uses("an empty list", r#""image": []"#, AMOUNT)
            .finds("missing-input", "\"image\"", "a needs a wire to `image`", "add \"image\""),
        uses("two", r#""image": ["b.image", "b.image"]"#, AMOUNT)
            .finds("too-many-wires", "\"image\"", "`image` takes one wire", "keep one"),
        uses("a bad wire", r#""image": "b""#, AMOUNT)
            .finds("bad-wire", "\"b\"", "`b` is not a wire", "write \"node.output\""),
        uses("nowhere", r#""image": "c.image""#, AMOUNT)
            .finds("unknown-node", "\"c.image\"", "there is no node `c`", "the nodes are"),
        case(
            "an unknown output",
            graph(r#""b": { "kind": "solid" }, "a": { "kind": "./inner.json", "inputs": { "image": "b.image" }, "params": { "amount": 1 } }"#,
                r#""o.png": "a.image""#),
        )
        .file("inner.json", INNER)
        .finds("unknown-output", "\"a.image\"", "./inner.json has no output `image`", "its outputs are result"),
        case("outputs that are files", nodes(r#""a": { "kind": "./inner.json" }"#))
            .file("inner.json", nodes(A))
            .finds("unknown-output", "\"a.image\"", "no output `image`", "name one of its outputs without a suffix"),
    ]);
}

#[test]
fn a_graph_file_that_cannot_be_used_is_found() {
    let uses =
        |name: &str, kind: &str| case(name, nodes(&format!("\"a\": {{ \"kind\": \"{kind}\" }}")));
    check(vec![
        uses("not there", "./iner.json").file("inner.json", INNER).finds(
            "missing-file",
            "\"./iner.json\"",
            "there is no file `./iner.json`",
            "did you mean `inner.json`?",
        ),
        uses("outside", "../other.json").finds(
            "outside-root",
            "\"../other.json\"",
            "lies outside the folder of the graph",
            "--root DIR",
        ),
        uses("absolute", "/etc/graph.json").finds(
            "outside-root",
            "\"/etc/graph.json\"",
            "lies outside",
            "--root DIR",
        ),
        uses("a folder", "./sub").file("sub/x", "").finds(
            "bad-file",
            "\"./sub\"",
            "`./sub` is a folder",
            "",
        ),
        uses("no name", "./").finds("bad-file", "\"./\"", "`./` is a folder", ""),
        uses("not JSON", "./inner.json")
            .file("inner.json", "{ nodes: {} }")
            .finds("syntax", "nodes", "a key is not in double quotes", "write")
            .inside("inner.json"),
        uses("empty", "./inner.json")
            .file("inner.json", "")
            .finds("syntax", "", "the file is empty", "start with")
            .inside("inner.json"),
        uses("a mistake inside", "./inner.json")
            .file("inner.json", nodes(r#""a": { "kind": "soild" }"#).replace("o.png", "image"))
            .finds("unknown-kind", "\"soild\"", "no kind `soild`", "`solid`")
            .inside("inner.json"),
    ]);
}

#[test]
fn a_graph_that_contains_itself_is_found_with_the_way_round() {
    let uses = |kind: &str| nodes(&format!("\"a\": {{ \"kind\": \"{kind}\" }}"));
    let used = |kind: &str| uses(kind).replace("o.png", "image");
    check(vec![
        case("directly", uses("./graph.json")).finds(
            "graph-cycle",
            "\"./graph.json\"",
            "contains itself",
            "graph.json > ",
        ),
        case("directly, by a longer way", uses("./x/../graph.json")).file("x/y", "").finds(
            "graph-cycle",
            "\"./x/../graph.json\"",
            "contains itself",
            "graph.json > ",
        ),
        case("in two steps", uses("./one.json"))
            .file("one.json", used("./two.json"))
            .file("two.json", used("./graph.json"))
            .finds("graph-cycle", "\"./graph.json\"", "contains itself", "two.json > ")
            .inside("two.json"),
        case("further in", uses("./one.json"))
            .file("one.json", used("./two.json"))
            .file("two.json", used("./one.json"))
            .finds("graph-cycle", "\"./one.json\"", "contains itself", "one.json > ")
            .inside("two.json"),
    ]);
}

/// Hands its input on.
const PASS: &str = r#"{
  "inputs": { "image": { "type": "image" } },
  "nodes": {},
  "outputs": { "image": "inputs.image" }
}"#;

#[test]
fn a_circle_through_graphs_used_as_nodes_is_found() {
    let through = r#"{
      "inputs": { "image": { "type": "image" } },
      "nodes": { "m": { "kind": "merge", "inputs": { "bg": "inputs.image", "fg": "inputs.image" } } },
      "outputs": { "image": "m.image" }
    }"#;
    let ring = |file: &str| {
        nodes(&format!(
            "\"a\": {{ \"kind\": \"./{file}\", \"inputs\": {{ \"image\": \"b.image\" }} }}, \
             \"b\": {{ \"kind\": \"./{file}\", \"inputs\": {{ \"image\": \"a.image\" }} }}"
        ))
    };
    check(vec![
        case("with nodes inside", ring("through.json"))
            .file("through.json", through)
            .finds_somewhere("cycle", "takes its own result", "a/m > b/m > a/m"),
        case("of wires alone", ring("pass.json")).file("pass.json", PASS).finds(
            "cycle",
            "\"a.image\"",
            "leads back to itself",
            "take a wire out",
        ),
    ]);
}

#[test]
fn a_graph_made_to_be_a_node_does_not_run_alone() {
    check(vec![
        case("its input has no value", PASS.replace("\"image\": \"inputs", "\"o.png\": \"inputs"))
            .finds("open-input", "\"image\"", "input `image` has no value", "use this graph as a node"),
        case("an output without its input", format!(
            r#"{{ "inputs": {{ "mask": {{ "type": "imagee" }} }}, "nodes": {{ {A} }}, "outputs": {{ "o.png": "a.image" }} }}"#
        ))
        .finds("unknown-word", "\"imagee\"", "`type` cannot be `imagee`", "did you mean `image`?"),
    ]);
}

/// Each level uses the next twice: more nodes than anybody means.
#[test]
fn graphs_that_multiply_are_stopped() {
    let twice = |next: &str| {
        format!(
            "{{ \"nodes\": {{ \"a\": {{ \"kind\": \"{next}\" }}, \"b\": {{ \"kind\": \"{next}\" }} }}, \"outputs\": {{ \"image\": \"a.image\" }} }}"
        )
    };
    let mut bomb = case("a bomb", twice("./g0.json").replace("\"image\":", "\"o.png\":"));
    for level in 0..30 {
        bomb = bomb.file(&format!("g{level}.json"), twice(&format!("./g{}.json", level + 1)));
    }
    bomb = bomb.file(
        "g30.json",
        format!("{{ \"nodes\": {{ {A} }}, \"outputs\": {{ \"image\": \"a.image\" }} }}"),
    );
    check(vec![bomb.finds_somewhere("too-large", "more than 1000000 nodes", "use fewer")]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_contains_itself_ends() {
    let link = |folder: &Folder| std::os::unix::fs::symlink(".", folder.path("x")).unwrap();
    let folder = Folder::new();
    folder.write("graph.json", nodes(r#""a": { "kind": "./x/graph.json" }"#));
    link(&folder);
    let report = folder.run();
    assert!(!report.is_ok());
    assert!(!folder.path("out").exists());
}
