//! Graphs that are JSON and still not graphs.

use super::cases::{A, B, case, graph, nodes};
use super::check;

#[test]
fn an_unknown_key_is_found_at_every_level() {
    check(vec![
        case("graph", format!("{{ \"nods\": 1, \"nodes\": {{ {A} }} }}"))
            .finds("unknown-key", "\"nods\"", "a graph has no key `nods`", "did you mean `nodes`?"),
        case("node", nodes(r#""a": { "kind": "solid", "parms": {} }"#))
            .finds("unknown-key", "\"parms\"", "a node has no key `parms`", "did you mean `params`?"),
        case("far from any", nodes(r#""a": { "kind": "solid", "zzz": {} }"#))
            .finds("unknown-key", "\"zzz\"", "`zzz`", "it may have kind, note, inputs, params"),
        case("param", format!(r#"{{ "params": {{ "p": {{ "type": "int", "defalt": 1 }} }}, "nodes": {{ {A} }} }}"#))
            .finds("unknown-key", "\"defalt\"", "a param of a graph has no key", "`default`"),
        case("input", format!(r#"{{ "inputs": {{ "i": {{ "type": "image", "optinal": true }} }}, "nodes": {{ {A} }} }}"#))
            .finds("unknown-key", "\"optinal\"", "an input of a graph has no key", "`optional`"),
        case("output", graph(A, r#""o.png": { "from": "a.image", "bit": 8 }"#))
            .finds("unknown-key", "\"bit\"", "an output has no key", "`bits`"),
    ]);
}

#[test]
fn a_wrong_type_is_found_at_every_level() {
    let one = |name: &str, graph: &str, at: &'static str, says: &'static str| {
        case(name, graph).finds("wrong-type", at, says, "")
    };
    check(vec![
        one("graph", "[]", "[]", "a graph is a list, but must be an object"),
        one("number", "7", "7", "a graph is a number, but must be an object"),
        one("nodes", r#"{ "nodes": [] }"#, "[]", "`nodes` is a list, but must be an object"),
        one("outputs", r#"{ "nodes": {}, "outputs": "a" }"#, "\"a\"", "`outputs` is text"),
        one("params", r#"{ "nodes": {}, "params": 1 }"#, "1", "`params` is a number"),
        one("inputs", r#"{ "nodes": {}, "inputs": null }"#, "null", "`inputs` is null"),
        one("note", r#"{ "nodes": {}, "note": 5 }"#, "5", "`note` is a number, but must be text"),
        one("schema", r#"{ "nodes": {}, "$schema": true }"#, "true", "`$schema` is true or false"),
        one(
            "version",
            r#"{ "nodes": {}, "pellucid": "1" }"#,
            "\"1\"",
            "the version of the language",
        ),
        one("node", r#"{ "nodes": { "a": "solid" } }"#, "\"solid\"", "a node is text"),
        one("kind", r#"{ "nodes": { "a": { "kind": 3 } } }"#, "3", "`kind` is a number"),
        one(
            "node inputs",
            &nodes(r#""a": { "kind": "solid", "inputs": [] }"#),
            "[]",
            "`inputs` is a list",
        ),
        one(
            "node params",
            &nodes(r#""a": { "kind": "solid", "params": "x" }"#),
            "\"x\"",
            "`params` is text",
        ),
        one(
            "output",
            &graph(A, r#""o.png": 3"#),
            "3",
            "an output is a number, but must be an object",
        ),
    ]);
}

#[test]
fn versions_names_and_missing_keys() {
    check(vec![
        case("a newer version", format!(r#"{{ "pellucid": 2, "nodes": {{ {A} }} }}"#)).finds(
            "version",
            "2",
            "version 2 of the language",
            "this program reads version 1",
        ),
        case("half a version", format!(r#"{{ "pellucid": 1.5, "nodes": {{ {A} }} }}"#)).finds(
            "version",
            "1.5",
            "version 1.5",
            "reads version 1",
        ),
        case("nothing", "{}").finds("missing-key", "{", "a graph must have `nodes`", ""),
        case("no kind", nodes(r#""a": { "params": {} }"#))
            .finds("missing-key", "{", "a node must have `kind`", "")
            .finds("unknown-node", "\"a.image\"", "there is no node `a`", ""),
        case("no from", graph(A, r#""o.png": { "bits": 8 }"#)).finds(
            "missing-key",
            "{",
            "an output must have `from`",
            "",
        ),
        case("an empty name", format!(r#"{{ "nodes": {{ "": {{ "kind": "solid" }}, {A} }} }}"#))
            .finds("bad-name", "\"\"", "is empty", "choose a name"),
        case(
            "a dot in a name",
            format!(r#"{{ "nodes": {{ "x.y": {{ "kind": "solid" }}, {A} }} }}"#),
        )
        .finds("bad-name", "\"x.y\"", "has '.' in it", "without dots"),
        case(
            "a line break in a name",
            format!("{{ \"nodes\": {{ \"x\\ny\": {{ \"kind\": \"solid\" }}, {A} }} }}"),
        )
        .finds("bad-name", "\"x\\ny\"", "has '\\n' in it", "control characters"),
        case(
            "the name inputs",
            format!(r#"{{ "nodes": {{ "inputs": {{ "kind": "solid" }}, {A} }} }}"#),
        )
        .finds("bad-name", "\"inputs\"", "means the inputs of the graph", "choose a name"),
    ]);
}

#[test]
fn what_is_written_twice_is_found_once() {
    check(vec![
        case("a node", nodes(&format!("{A}, {A}"))).finds(
            "duplicate-key",
            "\"a\"",
            "`a` is given twice",
            "keep one of the two",
        ),
        case("a key", nodes(r#""a": { "kind": "solid", "kind": "solid" }"#)).finds(
            "duplicate-key",
            "\"kind\"",
            "`kind` is given twice",
            "keep one",
        ),
        case("a param", nodes(r#""a": { "kind": "solid", "params": { "width": 4, "width": 5 } }"#))
            .finds("duplicate-key", "\"width\"", "`width` is given twice", "keep one"),
        case("an output", graph(A, r#""o.png": "a.image", "o.png": "a.image""#)).finds(
            "duplicate-key",
            "\"o.png\"",
            "`o.png` is given twice",
            "keep one",
        ),
        case("spelt in two ways", graph(A, r#""o.png": "a.image", "\u006f.png": "a.image""#))
            .finds("duplicate-key", "\"\\u006f.png\"", "`o.png` is given twice", "keep one"),
    ]);
}

fn merge(inputs: &str) -> String {
    graph(
        &format!("{A}, {B}, \"m\": {{ \"kind\": \"merge\", \"inputs\": {{ {inputs} }} }}"),
        r#""o.png": "m.image""#,
    )
}

#[test]
fn a_wire_that_is_none_is_found() {
    let write = "write \"node.output\"";
    check(vec![
        case("no dot", merge(r#""bg": "a", "fg": "b.image""#)).finds(
            "bad-wire",
            "\"a\"",
            "`a` is not a wire",
            write,
        ),
        case("nothing behind the dot", merge(r#""bg": "a.", "fg": "b.image""#)).finds(
            "bad-wire",
            "\"a.\"",
            "`a.` is not a wire",
            write,
        ),
        case("nothing before the dot", merge(r#""bg": ".image", "fg": "b.image""#)).finds(
            "bad-wire",
            "\".image\"",
            "is not a wire",
            write,
        ),
        case("a literal", merge(r#""bg": 0.5, "fg": "b.image""#)).finds(
            "wrong-type",
            "0.5",
            "an input is a number, but takes a wire",
            "a literal belongs under `params`",
        ),
        case("null", merge(r#""bg": null, "fg": "b.image""#)).finds(
            "wrong-type",
            "null",
            "an input is null",
            write,
        ),
        case("an old pair", merge(r#""bg": ["a", 0], "fg": "b.image""#))
            .finds("bad-wire", "\"a\"", "`a` is not a wire", write)
            .finds("wrong-type", "0", "an input is a number", write),
        case("an object", merge(r#""bg": { "from": "a.image" }, "fg": "b.image""#)).finds(
            "wrong-type",
            "{ \"from\": \"a.image\" }",
            "an input is an object",
            write,
        ),
        case("of an output", graph(A, r#""o.png": "a""#)).finds(
            "bad-wire",
            "\"a\"",
            "not a wire",
            write,
        ),
        case("of an output, as a list", graph(A, r#""o.png": { "from": ["a.image"] }"#)).finds(
            "wrong-type",
            "[\"a.image\"]",
            "an input is a list",
            write,
        ),
    ]);
}

#[test]
fn a_wire_that_leads_nowhere_is_found() {
    check(vec![
        case("a name nearly right", merge(r#""bg": "aa.image", "fg": "b.image""#)).finds(
            "unknown-node",
            "\"aa.image\"",
            "there is no node `aa`",
            "did you mean `a`?",
        ),
        case("a name far from all", merge(r#""bg": "backdrop.image", "fg": "b.image""#)).finds(
            "unknown-node",
            "\"backdrop.image\"",
            "no node `backdrop`",
            "the nodes are a, b, m",
        ),
        case("an output nearly right", merge(r#""bg": "a.imag", "fg": "b.image""#)).finds(
            "unknown-output",
            "\"a.imag\"",
            "solid has no output `imag`",
            "did you mean `image`?",
        ),
        case("an output far from all", merge(r#""bg": "a.x.y", "fg": "b.image""#)).finds(
            "unknown-output",
            "\"a.x.y\"",
            "no output `x.y`",
            "its outputs are image",
        ),
        case(
            "an input nearly right",
            merge(r#""bg": "a.image", "fgg": "b.image", "fg": "b.image""#),
        )
        .finds(
            "unknown-input",
            "\"fgg\"",
            "merge has no input `fgg`",
            "did you mean `fg`?",
        ),
        case("the input that is missed", merge(r#""bg": "a.image", "fgg": "b.image""#)).finds(
            "unknown-input",
            "\"fgg\"",
            "merge has no input `fgg`",
            "did you mean `fg`?",
        ),
        case(
            "an input of a kind without any",
            nodes(r#""a": { "kind": "solid", "inputs": { "image": "a.image" } }"#),
        )
        .finds("unknown-input", "\"image\"", "solid has no input `image`", ""),
        case("an input of the graph", merge(r#""bg": "inputs.photo", "fg": "b.image""#)).finds(
            "unknown-input",
            "\"inputs.photo\"",
            "the graph has no input `photo`",
            "declare it under `inputs`",
        ),
        case("of an output", graph(A, r#""o.png": "c.image""#)).finds(
            "unknown-node",
            "\"c.image\"",
            "there is no node `c`",
            "",
        ),
        case("a matte wanted", merge(r#""bg": "a.image", "fg": "b.image", "mask": "a.image""#))
            .finds(
                "type-mismatch",
                "\"a.image\"",
                "`mask` takes matte, but a.image is image",
                "put a node in between: ",
            ),
    ]);
}

#[test]
fn too_few_and_too_many_wires_are_found() {
    check(vec![
        case("none", merge(r#""bg": "a.image""#)).finds(
            "missing-input",
            "\"m\"",
            "m needs a wire to `fg`",
            "add \"fg\": \"node.output\"",
        ),
        case("an empty list", merge(r#""bg": "a.image", "fg": []"#)).finds(
            "missing-input",
            "\"fg\"",
            "m needs a wire to `fg`",
            "add \"fg\"",
        ),
        case("an empty list beside a bad wire", merge(r#""bg": "a", "fg": []"#))
            .finds("bad-wire", "\"a\"", "not a wire", "")
            .finds("missing-input", "\"fg\"", "m needs a wire to `fg`", "add \"fg\""),
        case("two", merge(r#""bg": ["a.image", "b.image"], "fg": "b.image""#)).finds(
            "too-many-wires",
            "\"bg\"",
            "`bg` takes one wire",
            "keep one",
        ),
        case(
            "two of an optional one",
            merge(r#""bg": "a.image", "fg": "b.image", "mask": ["a.image", "b.image"]"#),
        )
        .finds("too-many-wires", "\"mask\"", "`mask` takes one wire", "keep one"),
    ]);
}

#[test]
fn an_unknown_kind_is_found() {
    check(vec![
        case("nearly right", nodes(r#""a": { "kind": "soild" }"#)).finds(
            "unknown-kind",
            "\"soild\"",
            "there is no kind `soild`",
            "did you mean `solid`?",
        ),
        case("far from all", nodes(r#""a": { "kind": "Zxqwvutsr" }"#)).finds(
            "unknown-kind",
            "\"Zxqwvutsr\"",
            "no kind",
            "`pellucid kinds` lists them",
        ),
        case("nothing", nodes(r#""a": { "kind": "" }"#)).finds(
            "unknown-kind",
            "\"\"",
            "there is no kind ``",
            "lists them",
        ),
    ]);
}

#[test]
fn a_circle_is_found_with_the_way_round() {
    let merge = |name: &str, from: &str| {
        format!(
            "\"{name}\": {{ \"kind\": \"merge\", \"inputs\": {{ \"bg\": \"{from}.image\", \"fg\": \"b.image\" }} }}"
        )
    };
    let ring: Vec<String> =
        (0..3_000).map(|n| merge(&format!("n{n}"), &format!("n{}", (n + 1) % 3_000))).collect();
    check(vec![
        case("of one", nodes(&format!("{B}, {}", merge("a", "a")))).finds(
            "cycle",
            "\"a.image\"",
            "a takes its own result",
            "a > a",
        ),
        case(
            "of three",
            nodes(&format!("{B}, {}, {}, {}", merge("a", "c"), merge("c", "d"), merge("d", "a"))),
        )
        .finds("cycle", "\"c.image\"", "a takes its own result", "a > d > c > a"),
        case("two circles", nodes(&format!("{B}, {}, {}", merge("a", "a"), merge("c", "c"))))
            .finds("cycle", "\"a.image\"", "a takes its own result", "a > a")
            .finds("cycle", "\"c.image\"", "c takes its own result", "c > c"),
        case(
            "of three thousand",
            graph(&format!("{B}, {}", ring.join(", ")), r#""o.png": "n0.image""#),
        )
        .finds("cycle", "\"n1.image\"", "n0 takes its own result", "> ... >"),
    ]);
}

#[test]
fn sizes_that_do_not_fit_are_found() {
    let small = r#""b": { "kind": "solid", "params": { "width": 3, "height": 4 } }"#;
    let text = graph(
        &format!(
            r#"{A}, {small}, "m": {{ "kind": "merge", "inputs": {{ "bg": "a.image", "fg": "b.image" }} }}"#
        ),
        r#""o.png": "m.image""#,
    );
    check(vec![case("a merge", text).finds(
        "refused",
        "\"b.image\"",
        "fg is 3x4, but bg is 4x4",
        "in front of fg",
    )]);
}
