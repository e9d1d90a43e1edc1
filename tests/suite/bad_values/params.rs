//! Params of nodes and graphs that cannot be what they are set to.

use super::cases::{A, case, nodes};
use super::check;

fn solid(params: &str) -> String {
    nodes(&format!("\"a\": {{ \"kind\": \"solid\", \"params\": {{ {params} }} }}"))
}

/// A merge of two pictures with these params.
fn merge(params: &str) -> String {
    nodes(&format!(
        "\"b\": {{ \"kind\": \"solid\" }}, \"a\": {{ \"kind\": \"merge\", \
         \"inputs\": {{ \"bg\": \"b.image\", \"fg\": \"b.image\" }}, \"params\": {{ {params} }} }}"
    ))
}

#[test]
fn a_literal_of_another_type_is_found() {
    let one = |name: &str, graph: String, at: &'static str, says: &'static str| {
        case(name, graph).finds("param-type", at, says, "")
    };
    check(vec![
        one(
            "text for an int",
            solid(r#""width": "4""#),
            "\"4\"",
            "width is text, but takes a whole number",
        ),
        one(
            "half for an int",
            solid(r#""width": 4.5"#),
            "4.5",
            "width is 4.5, but takes a whole number",
        ),
        one("null", solid(r#""width": null"#), "null", "width is null, but takes a whole number"),
        one("a list", solid(r#""width": [4]"#), "[4]", "width is a list, but takes a whole number"),
        one(
            "text for a float",
            merge(r#""opacity": "1""#),
            "\"1\"",
            "opacity is text, but takes a number",
        ),
        one("true for a float", merge(r#""opacity": true"#), "true", "opacity is true or false"),
        one(
            "a number for a word",
            merge(r#""mode": 3"#),
            "3",
            "mode is a number, but takes one of",
        ),
        one(
            "beyond 64 bits",
            merge(r#""seed": 18446744073709551616"#),
            "18446744073709551616",
            "seed is 18446744073709551616",
        ),
        one(
            "a number for a colour",
            solid(r#""colour": 5"#),
            "5",
            "colour is a number, but takes a colour",
        ),
    ]);
}

#[test]
fn a_colour_that_is_none_is_found() {
    let one = |colour: &str, at: &'static str| {
        case(colour, solid(&format!("\"colour\": {colour}"))).finds(
            "param-type",
            at,
            "colour is not a colour",
            "write \"#rrggbb\"",
        )
    };
    check(vec![
        one("\"red\"", "\"red\""),
        one("\"#12\"", "\"#12\""),
        one("\"#12345\"", "\"#12345\""),
        one("\"#ggg\"", "\"#ggg\""),
        one("\"\"", "\"\""),
        one("[1, 2, 3]", "[1, 2, 3]"),
        one("[0.1, 0.2]", "[0.1, 0.2]"),
        one("[0, 0, 0, 1e999]", "[0, 0, 0, 1e999]"),
    ]);
}

#[test]
fn a_number_out_of_range_is_found() {
    let one = |name: &str, graph: String, at: &'static str, says: &'static str| {
        case(name, graph).finds("param-range", at, says, "")
    };
    check(vec![
        one("zero pixels", solid(r#""width": 0"#), "0", "width is 0, but must be from 1 to 16384"),
        one("too many pixels", solid(r#""width": 100000"#), "100000", "from 1 to 16384"),
        one("below zero", merge(r#""seed": -1"#), "-1", "seed is -1, but must be from 0 to"),
        one(
            "a float",
            merge(r#""opacity": 1.5"#),
            "1.5",
            "opacity is 1.5, but must be from 0 to 1",
        ),
        one("beyond every float", merge(r#""opacity": 1e999"#), "1e999", "opacity is 1e999"),
    ]);
}

#[test]
fn a_word_that_is_none_is_found() {
    check(vec![
        case("nearly right", merge(r#""mode": "mutiply""#)).finds(
            "param-choice",
            "\"mutiply\"",
            "mode cannot be `mutiply`",
            "did you mean `multiply`?",
        ),
        case("far from all", merge(r#""space": "cmyk""#)).finds(
            "param-choice",
            "\"cmyk\"",
            "space cannot be `cmyk`",
            "it may be srgb, linear",
        ),
    ]);
}

#[test]
fn a_param_that_is_not_there_is_found() {
    check(vec![
        case("nearly right", solid(r#""widht": 4"#)).finds(
            "unknown-param",
            "\"widht\"",
            "solid has no param `widht`",
            "did you mean `width`?",
        ),
        case("far from all", solid(r#""prompt": "a fox""#)).finds(
            "unknown-param",
            "\"prompt\"",
            "no param `prompt`",
            "it has width, height, colour",
        ),
        case("left out", nodes(r#""a": { "kind": "load_image" }"#)).finds(
            "missing-param",
            "\"a\"",
            "a needs a `file`",
            "add \"file\" under its \"params\"",
        ),
        case("an object", solid(r#""width": { "value": 4 }"#)).finds(
            "wrong-type",
            "{ \"value\": 4 }",
            "a param is an object",
            "{ \"param\": \"name\" }",
        ),
        case("a number for a name", solid(r#""width": { "param": 4 }"#)).finds(
            "wrong-type",
            "4",
            "`param` is a number, but must be text",
            "",
        ),
        case("no param of the graph", solid(r#""width": { "param": "size" }"#)).finds(
            "unknown-param",
            "\"size\"",
            "the graph has no param `size`",
            "declare it under `params`",
        ),
    ]);
}

/// A graph with a param `p` whose node takes its width from it.
fn with_param(declared: &str) -> String {
    format!(
        "{{ \"params\": {{ \"p\": {declared} }}, \"nodes\": {{ \"a\": {{ \"kind\": \"solid\", \
         \"params\": {{ \"width\": {{ \"param\": \"p\" }} }} }} }}, \"outputs\": {{ \"o.png\": \"a.image\" }} }}"
    )
}

#[test]
fn a_param_of_a_graph_that_is_wrong_is_found() {
    check(vec![
        case("no value", with_param(r#"{ "type": "int" }"#)).finds(
            "missing-param",
            "\"p\"",
            "param `p` has no value",
            "pass --set p=VALUE",
        ),
        case("a default of another type", with_param(r#"{ "type": "int", "default": "4" }"#))
            .finds("param-type", "\"4\"", "p is text, but takes a whole number", ""),
        case("a default out of range", with_param(r#"{ "type": "int", "default": 4, "min": 8 }"#))
            .finds("param-range", "4", "p is 4, but must be from 8 to", ""),
        case("a value the node refuses", with_param(r#"{ "type": "int", "default": 0 }"#)).finds(
            "param-range",
            "0",
            "width is 0, but must be from 1 to 16384",
            "",
        ),
        case(
            "a type the node does not take",
            with_param(r#"{ "type": "text", "default": "four" }"#),
        )
        .finds("param-type", "\"four\"", "width is text, but takes a whole number", ""),
        case("an unknown type", with_param(r#"{ "type": "integer", "default": 4 }"#))
            .finds(
                "unknown-word",
                "\"integer\"",
                "`type` cannot be `integer`",
                "it may be float, int",
            )
            .finds("unknown-param", "\"p\"", "the graph has no param `p`", ""),
        case("no type", with_param(r#"{ "default": 4 }"#))
            .finds("missing-key", "{", "a param of a graph must have `type`", "")
            .finds("unknown-param", "\"p\"", "the graph has no param `p`", ""),
        case("a bound of a text", with_param(r#"{ "type": "text", "default": "x", "min": 1 }"#))
            .finds("param-type", "\"x\"", "width is text, but takes a whole number", "")
            .finds("unknown-key", "1", "a param of type text has no `min`", ""),
    ]);
}

#[test]
fn choices_that_are_none_are_found() {
    let graph = |declared: &str| {
        format!(
            "{{ \"params\": {{ \"p\": {declared} }}, \"nodes\": {{ {A} }}, \"outputs\": {{ \"o.png\": \"a.image\" }} }}"
        )
    };
    check(vec![
        case("none", graph(r#"{ "type": "choice", "default": "a" }"#)).finds(
            "missing-key",
            "{",
            "a param of type choice must have `choices`",
            "",
        ),
        case("an empty list", graph(r#"{ "type": "choice", "choices": [] }"#)).finds(
            "wrong-type",
            "[]",
            "`choices` is a list, but must be a list of words",
            "",
        ),
        case("numbers", graph(r#"{ "type": "choice", "choices": [1, 2] }"#)).finds(
            "wrong-type",
            "[1, 2]",
            "must be a list of words",
            "",
        ),
        case("of an int", graph(r#"{ "type": "int", "default": 1, "choices": ["a"] }"#)).finds(
            "unknown-key",
            "[\"a\"]",
            "a param of type int has no `choices`",
            "",
        ),
        case(
            "another word",
            graph(r#"{ "type": "choice", "choices": ["left", "right"], "default": "lft" }"#),
        )
        .finds("param-choice", "\"lft\"", "p cannot be `lft`", "did you mean `left`?"),
    ]);
}

#[test]
fn a_setting_from_outside_that_is_wrong_is_found() {
    check(vec![
        case("no equals sign", nodes(A)).set("width").finds(
            "bad-setting",
            "width",
            "`width` is not a setting",
            "NAME=VALUE",
        ),
        case("nothing before it", nodes(A)).set("=3").finds(
            "bad-setting",
            "=3",
            "is not a setting",
            "NAME=VALUE",
        ),
        case("an unknown name", nodes(A)).set("seed=3").finds(
            "unknown-setting",
            "seed",
            "nothing called `seed`",
            "NODE.PARAM",
        ),
        case("a name nearly right", nodes(A)).set("a.widht=3").finds(
            "unknown-setting",
            "a.widht",
            "nothing called `a.widht`",
            "did you mean `a.width`?",
        ),
        case("another type", nodes(A))
            .set("a.width=wide")
            .finds("param-type", "wide", "width is text, but takes a whole number", "")
            .inside("--set"),
        case("out of range", nodes(A)).set("a.width=0").finds(
            "param-range",
            "0",
            "width is 0, but must be from 1",
            "",
        ),
        case("no value", nodes(A)).set("a.width=").finds(
            "param-type",
            "",
            "width is text, but takes a whole number",
            "",
        ),
        case("an unknown output", nodes(A))
            .only("p.png")
            .finds(
                "unknown-output",
                "p.png",
                "the graph has no output `p.png`",
                "did you mean `o.png`?",
            )
            .inside("--only"),
    ]);
}
