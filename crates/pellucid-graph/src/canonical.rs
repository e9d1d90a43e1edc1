//! The canonical layout of a graph file: what `fmt` writes.

use pellucid_source::{Json, Style, layout};

/// The graph as canonical text: two blanks a level, one node, param or output a line where it
/// fits, keys of the language in a fixed order, everything else as written. Nothing is lost, and
/// laying out again changes nothing.
pub fn canonical(json: &Json) -> String {
    layout(json, &Style { width: 100, rank: &rank, spread: &spread })
}

const GRAPH: &[&str] = &["$schema", "pellucid", "note", "params", "inputs", "nodes", "outputs"];
const NODE: &[&str] = &["kind", "note", "inputs", "params"];
const PARAM: &[&str] = &["type", "default", "min", "max", "choices", "note"];
const INPUT: &[&str] = &["type", "optional", "note"];
const OUTPUT: &[&str] =
    &["from", "bits", "quality", "background", "dither", "rounding", "number", "note"];

fn rank(path: &[&str], key: &str) -> usize {
    let keys: &[&str] = match path {
        [] => GRAPH,
        ["nodes", _] => NODE,
        ["params", _] => PARAM,
        ["inputs", _] => INPUT,
        ["outputs", _] => OUTPUT,
        _ => return 0,
    };
    keys.iter().position(|known| *known == key).unwrap_or(keys.len())
}

fn spread(path: &[&str]) -> bool {
    matches!(path, ["nodes" | "params" | "inputs" | "outputs"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_get_their_order_and_nodes_a_line_each() {
        let text = r#"{"outputs":{"a.png":"s.image"},"nodes":{"s":{"params":{"width":4},"kind":"solid"}},
            "odd":1,"pellucid":1}"#;
        let json = pellucid_source::read(text).unwrap();
        let want = r#"{
  "pellucid": 1,
  "nodes": {
    "s": { "kind": "solid", "params": { "width": 4 } }
  },
  "outputs": {
    "a.png": "s.image"
  },
  "odd": 1
}
"#;
        assert_eq!(canonical(&json.v), want);
    }
}
