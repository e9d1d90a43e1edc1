//! A graph, drawn: for Graphviz, and as a picture of its own.

use std::collections::HashMap;
use std::fmt::Write;

use crate::Graph;

/// The graph in the language of Graphviz.
pub fn draw_dot(graph: &Graph) -> String {
    let mut text = String::from("digraph pellucid {\n  rankdir=LR;\n  node [shape=box];\n");
    for (index, node) in graph.nodes.iter().enumerate() {
        let colour = if node.facts.is_none() { ", color=red" } else { "" };
        let label = format!("{}\\n{}", quoted(&node.name), quoted(&node.kind.name));
        text.push_str(&format!("  n{index} [label=\"{label}\"{colour}];\n"));
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        for (decl, wires) in node.kind.inputs.iter().zip(&node.inputs) {
            for wire in wires {
                let fact = graph.fact(*wire).map(ToString::to_string).unwrap_or_default();
                let label = format!("{}\\n{}", quoted(&decl.name), quoted(&fact));
                text.push_str(&format!("  n{} -> n{index} [label=\"{label}\"];\n", wire.node));
            }
        }
    }
    for (index, output) in graph.outputs.iter().enumerate() {
        text.push_str(&format!("  o{index} [shape=note, label=\"{}\"];\n", quoted(&output.name)));
        if let Some(wire) = output.wire {
            text.push_str(&format!("  n{} -> o{index};\n", wire.node));
        }
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
}

const BOX_WIDTH: f64 = 190.0;
const BOX_HEIGHT: f64 = 64.0;
const GAP_X: f64 = 70.0;
const GAP_Y: f64 = 22.0;
const MARGIN: f64 = 20.0;

/// One box of the picture.
struct Boxed {
    column: usize,
    row: usize,
    title: String,
    kind: String,
    facts: Vec<String>,
    style: &'static str,
}

/// The graph as an SVG picture: columns from left to right by how far a node is from the files
/// it starts with, its facts under its name, refused nodes in red.
pub fn draw_svg(graph: &Graph) -> String {
    let (boxes, lines) = placed(graph);
    let columns = boxes.iter().map(|b| b.column + 1).max().unwrap_or(1);
    let rows = boxes.iter().map(|b| b.row + 1).max().unwrap_or(1);
    let width = 2.0 * MARGIN + columns as f64 * (BOX_WIDTH + GAP_X) - GAP_X;
    let height = 2.0 * MARGIN + rows as f64 * (BOX_HEIGHT + GAP_Y) - GAP_Y;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <style>.node{{fill:#f4f6fb;stroke:#4a5a78}}.refused{{fill:#fdecec;stroke:#c0392b}}\
         .file{{fill:#eef7ee;stroke:#3c763d}}.wire{{fill:none;stroke:#8090a8;stroke-width:1.5}}\
         .kind{{fill:#6a7690}}.fact{{fill:#333;font-size:10px}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    for (from, to) in lines {
        let (x1, y1) = (left(&boxes[from]) + BOX_WIDTH, top(&boxes[from]) + BOX_HEIGHT / 2.0);
        let (x2, y2) = (left(&boxes[to]), top(&boxes[to]) + BOX_HEIGHT / 2.0);
        let bend = ((x2 - x1) / 2.0).max(GAP_X / 2.0);
        let (c1, c2) = (x1 + bend, x2 - bend);
        // Writing to a string cannot fail.
        let _ =
            writeln!(svg, "<path class=\"wire\" d=\"M{x1} {y1} C{c1} {y1} {c2} {y2} {x2} {y2}\"/>");
    }
    boxes.iter().for_each(|b| draw_box(&mut svg, b));
    svg.push_str("</svg>\n");
    svg
}

fn left(b: &Boxed) -> f64 {
    MARGIN + b.column as f64 * (BOX_WIDTH + GAP_X)
}

fn top(b: &Boxed) -> f64 {
    MARGIN + b.row as f64 * (BOX_HEIGHT + GAP_Y)
}

fn draw_box(svg: &mut String, b: &Boxed) {
    let (x, y) = (left(b), top(b));
    let mut line = |class: &str, at: f64, text: &str| {
        let text = escaped(&cut(text, 30));
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{text}</text>",
            x + 8.0,
            y + at
        );
    };
    line("title", 16.0, &b.title);
    line("kind", 30.0, &b.kind);
    for (index, fact) in b.facts.iter().take(2).enumerate() {
        line("fact", 44.0 + 13.0 * index as f64, fact);
    }
    let frame = format!(
        "<rect class=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"6\"/>\n",
        b.style
    );
    // The frame lies under its text.
    let start = svg.rfind(&format!("<text class=\"title\" x=\"{}\" y=\"{}\"", x + 8.0, y + 16.0));
    svg.insert_str(start.unwrap_or(svg.len()), &frame);
}

fn placed(graph: &Graph) -> (Vec<Boxed>, Vec<(usize, usize)>) {
    let mut column = vec![0usize; graph.nodes.len()];
    for index in &graph.order {
        let inputs = graph.nodes[*index as usize].inputs.iter().flatten();
        let deepest = inputs.map(|wire| column[wire.node as usize] + 1).max();
        column[*index as usize] = deepest.unwrap_or(0);
    }
    let mut rows: HashMap<usize, usize> = HashMap::new();
    let mut next_row = |column: usize| {
        let row = rows.entry(column).or_default();
        *row += 1;
        *row - 1
    };
    let mut boxes = Vec::new();
    let mut lines = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let facts = node.facts.iter().flatten().zip(&node.kind.outputs);
        boxes.push(Boxed {
            column: column[index],
            row: next_row(column[index]),
            title: node.name.clone(),
            kind: node.kind.name.clone(),
            facts: facts.map(|(fact, output)| format!("{}: {fact}", output.name)).collect(),
            style: if node.facts.is_none() { "refused" } else { "node" },
        });
        lines.extend(node.inputs.iter().flatten().map(|wire| (wire.node as usize, index)));
    }
    let last = column.iter().max().map_or(0, |last| last + 1);
    for output in &graph.outputs {
        lines.extend(output.wire.map(|wire| (wire.node as usize, boxes.len())));
        boxes.push(Boxed {
            column: last,
            row: next_row(last),
            title: output.name.clone(),
            kind: "output".into(),
            facts: Vec::new(),
            style: if output.wire.is_none() { "refused" } else { "file" },
        });
    }
    (boxes, lines)
}

fn cut(text: &str, len: usize) -> String {
    if text.chars().count() <= len {
        return text.to_owned();
    }
    text.chars().take(len - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.chars().filter(|c| !c.is_control()).collect()
}
