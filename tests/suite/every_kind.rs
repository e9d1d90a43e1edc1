//! Laws that every kind with pictures in and pictures out keeps: a batch is its pictures one by
//! one, and any size will do.

use std::collections::BTreeMap;
use std::sync::Arc;

use pellucid_graph::{Arity, Cancel, NodeKind};
use pellucid_tests::{Folder, Pixels, kinds, read_pixels, told_findings};
use pellucid_value::SocketType;
use serde_json::{Map, Value, json};

/// Params that must be given, for kinds that take pictures.
fn required(kind: &NodeKind) -> Option<Value> {
    let needed: Vec<&str> = kind
        .params
        .iter()
        .filter(|param| param.default.is_none())
        .map(|param| param.name.as_str())
        .collect();
    match (kind.name.as_str(), needed.as_slice()) {
        ("resize", _) => Some(json!({ "width": 7, "height": 5 })),
        (_, []) => Some(json!({})),
        ("fit" | "interpolate" | "interpolate_into", _) => Some(json!({ "width": 9, "height": 6 })),
        _ => None,
    }
}

/// The kinds these laws are for: every input takes an image or a matte, and so does some output.
fn with_pictures() -> Vec<(Arc<NodeKind>, Value)> {
    let picture = |types: &[SocketType]| {
        types.contains(&SocketType::Image) || types.contains(&SocketType::Matte)
    };
    let all = kinds();
    let fitting = all.iter().filter(|kind| {
        !kind.inputs.is_empty()
            && kind.inputs.iter().all(|input| picture(&input.types))
            && kind.outputs.iter().any(|output| picture(&output.types))
            // These are about batches themselves.
            && !matches!(
                kind.name.as_str(),
                "batch" | "pick_frame" | "pick_frames" | "repeat_frames" | "every_nth"
            )
            // These take nothing but a size from a picture.
            && !matches!(kind.name.as_str(), "solid" | "matte_solid")
            // These are about what is wrong.
            && kind.family != "assert"
    });
    fitting.filter_map(|kind| Some((Arc::clone(kind), required(kind)?))).collect()
}

/// Nodes that draw a picture with soft alpha; no two of `variant` are alike.
fn source(nodes: &mut Map<String, Value>, name: &str, variant: usize, width: u32, height: u32) {
    let shade = variant as f64 * 0.2;
    nodes.insert(format!("{name}_a"), json!({
        "kind": "gradient", "params": {
            "width": width, "height": height, "from": [shade, 0.9, 0.3, 1.0], "to": [0.8, shade, 0.6, 0.1],
            "angle": 30 * variant,
        },
    }));
    nodes.insert(format!("{name}_b"), json!({
        "kind": "checkerboard", "params": {
            "width": width, "height": height, "size": 3 + variant, "first": "#20406080", "second": "#00000000",
        },
    }));
    nodes.insert(name.to_owned(), json!({
        "kind": "merge", "inputs": { "bg": format!("{name}_a.image"), "fg": format!("{name}_b.image") },
        "params": { "mode": "xor" },
    }));
    nodes.insert(
        format!("{name}_matte"),
        json!({
            "kind": "matte_from_channel", "inputs": { "image": format!("{name}.image") },
            "params": { "channel": "alpha" },
        }),
    );
}

/// The kind applied to a source, under a name.
fn applied(kind: &NodeKind, params: &Value, image: &str, matte: &str) -> Value {
    let wire = |types: &[SocketType]| {
        if types.contains(&SocketType::Image) { image.to_owned() } else { matte.to_owned() }
    };
    let inputs: Map<String, Value> = kind
        .inputs
        .iter()
        .filter(|input| input.arity != Arity::Optional)
        .map(|input| (input.name.clone(), json!(wire(&input.types))))
        .collect();
    json!({ "kind": kind.name, "inputs": inputs, "params": params })
}

/// The first output that is a picture.
fn output(kind: &NodeKind) -> &str {
    let picture = |types: &[SocketType]| {
        types.contains(&SocketType::Image) || types.contains(&SocketType::Matte)
    };
    let found = kind.outputs.iter().find(|output| picture(&output.types));
    &found.expect("chosen for having one").name
}

/// Runs all at once and reads what was written.
fn run(nodes: Map<String, Value>, outputs: Map<String, Value>) -> BTreeMap<String, Pixels> {
    let names: Vec<String> = outputs.keys().cloned().collect();
    let folder = Folder::with_graph(&json!({ "nodes": nodes, "outputs": outputs }));
    let report = folder.session(folder.options()).session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));
    let read = |name: String| (name.clone(), read_pixels(&folder.path(&format!("out/{name}"))));
    names.into_iter().map(read).collect()
}

#[test]
fn a_batch_is_its_pictures_one_by_one() {
    let kinds = with_pictures();
    assert!(kinds.len() > 40, "{}", kinds.len());
    let (mut nodes, mut outputs) = (Map::new(), Map::new());
    (0..3).for_each(|n| source(&mut nodes, &format!("s{n}"), n, 23, 17));
    nodes.insert(
        "all".into(),
        json!({
            "kind": "batch", "inputs": { "images": ["s0.image", "s1.image", "s2.image"] },
        }),
    );
    nodes.insert("all_matte".into(), json!({
        "kind": "matte_from_channel", "inputs": { "image": "all.image" }, "params": { "channel": "alpha" },
    }));
    for (kind, params) in &kinds {
        let name = &kind.name;
        let mut add = |suffix: &str, image: &str, matte: &str| {
            let node = format!("{name} {suffix}");
            nodes.insert(node.clone(), applied(kind, params, image, matte));
            outputs
                .insert(format!("{node}.safetensors"), json!(format!("{node}.{}", output(kind))));
        };
        add("all", "all.image", "all_matte.matte");
        (0..3).for_each(|n| {
            add(&n.to_string(), &format!("s{n}.image"), &format!("s{n}_matte.matte"))
        });
    }
    let got = run(nodes, outputs);
    for (kind, _) in &kinds {
        let read = |suffix: &str| &got[&format!("{} {suffix}.safetensors", kind.name)];
        let all = read("all");
        let singles: Vec<f32> =
            (0..3).flat_map(|n| read(&n.to_string()).values.iter().copied()).collect();
        let same = all.values.len() == singles.len()
            && all.values.iter().zip(&singles).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{} of a batch is not that of its pictures", kind.name);
    }
}

#[test]
fn any_size_will_do() {
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (31, 33), (2049, 3), (5, 1031)] {
        let (mut nodes, mut outputs) = (Map::new(), Map::new());
        source(&mut nodes, "s", 1, width, height);
        for (kind, params) in with_pictures() {
            let name = kind.name.clone();
            nodes.insert(format!("{name} n"), applied(&kind, &params, "s.image", "s_matte.matte"));
            let wire = format!("{name} n.{}", output(&kind));
            outputs.insert(format!("{name}.safetensors"), json!(wire));
        }
        for (name, pixels) in run(nodes, outputs) {
            assert!(pixels.values.iter().all(|v| v.is_finite()), "{name} at {width}x{height}");
        }
    }
}
