//! The graph language, version 1: graphs as nodes, params, notes, settings from outside, layout.

use pellucid_graph::{Cancel, Override, canonical};
use pellucid_host::{MemoryWorld, Options, Session};
use pellucid_source::{Json, Spanned};
use pellucid_tests::{
    Folder, codes, findings_text, kinds, ran, read_pixels, repository, told_findings,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A graph that is made to be a node: a tint over a picture.
fn tint() -> Value {
    json!({
        "pellucid": 1,
        "note": "Lays a colour over a picture.",
        "params": {
            "colour": { "type": "colour", "default": "#ff000080", "note": "what to lay over it" },
            "mode": { "type": "choice", "choices": ["over", "multiply"], "default": "over" },
            "opacity": { "type": "float", "default": 1.0, "min": 0, "max": 1 },
        },
        "inputs": {
            "image": { "type": "image", "note": "the picture" },
            "mask": { "type": "matte", "optional": true },
        },
        "nodes": {
            "plain": { "kind": "solid", "params": { "width": 8, "height": 8, "colour": { "param": "colour" } } },
            "comp": {
                "kind": "merge",
                "inputs": { "bg": "inputs.image", "fg": "plain.image", "mask": "inputs.mask" },
                "params": { "mode": { "param": "mode" }, "opacity": { "param": "opacity" } },
            },
        },
        "outputs": { "image": "comp.image", "only.png": "plain.image" },
    })
}

fn outer(params: Value) -> Value {
    json!({
        "nodes": {
            "grey": { "kind": "solid", "params": { "width": 8, "height": 8 } },
            "t": { "kind": "./tint.json", "inputs": { "image": "grey.image" }, "params": params },
        },
        "outputs": { "t.safetensors": "t.image" },
    })
}

fn folder(outer: &Value) -> Folder {
    let folder = Folder::with_graph(outer);
    folder.write("tint.json", tint().to_string());
    folder
}

fn first_pixel(folder: &Folder) -> Vec<f32> {
    read_pixels(&folder.path("out/t.safetensors")).premultiplied().values[..4].to_vec()
}

fn near(got: &[f32], want: [f32; 4]) {
    // One rounding of f32 per operation of a merge, of values below 1.
    let close = got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close, "{got:?} {want:?}");
}

#[test]
fn a_graph_is_a_node_with_params_inputs_and_outputs() {
    let half = 128.0 / 255.0;
    let folder = folder(&outer(json!({})));
    let report = folder.run();
    assert!(report.is_ok(), "{}", told_findings(&report));
    assert_eq!(ran(&report), ["grey", "t/comp", "t/plain"]);
    near(
        &first_pixel(&folder),
        [half + 0.5 * (1.0 - half), 0.5 * (1.0 - half), 0.5 * (1.0 - half), 1.0],
    );
    folder
        .write("graph.json", outer(json!({ "colour": "#00ff00", "mode": "multiply" })).to_string());
    assert!(folder.run().is_ok());
    near(&first_pixel(&folder), [0.0, 0.5, 0.0, 1.0]);
}

#[test]
fn settings_from_outside_win() {
    let folder = folder(&outer(json!({ "colour": "#00ff00" })));
    let set = |texts: &[&str]| {
        let set = texts.iter().map(|t| Override { text: (*t).to_owned() }).collect();
        folder.session(Options { set, ..folder.options() }).session.run(&Cancel::default())
    };
    assert!(set(&["t.colour=#0000ff"]).is_ok());
    near(&first_pixel(&folder), [0.0, 0.0, 1.0, 1.0]);
    assert!(set(&["grey.colour=#ffffff", "t.opacity=0"]).is_ok());
    near(&first_pixel(&folder), [1.0, 1.0, 1.0, 1.0]);
    assert!(set(&["t/plain.colour=#ffff00"]).is_ok());
    near(&first_pixel(&folder), [1.0, 1.0, 0.0, 1.0]);
    let report = set(&["t.colur=#0000ff"]);
    assert_eq!(codes(&report), ["unknown-setting"]);
    assert!(
        told_findings(&report).contains("did you mean `t.colour`?"),
        "{}",
        told_findings(&report)
    );
    let report = set(&["t.opacity=2"]);
    assert_eq!(codes(&report), ["param-range"]);
    assert!(told_findings(&report).contains("--set:1:11"), "{}", told_findings(&report));
    assert_eq!(codes(&set(&["nothing"])), ["bad-setting"]);
}

#[test]
fn a_graph_param_reaches_through_graphs() {
    let mut graph = outer(json!({ "colour": { "param": "c" } }));
    graph["params"] = json!({ "c": { "type": "colour", "default": "#0000ff" } });
    let folder = folder(&graph);
    assert!(folder.run().is_ok());
    near(&first_pixel(&folder), [0.0, 0.0, 1.0, 1.0]);
    let set = vec![Override { text: "c=#ff0000".into() }];
    let session = folder.session(Options { set, ..folder.options() });
    assert!(session.session.run(&Cancel::default()).is_ok());
    near(&first_pixel(&folder), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn folders_of_graphs_offer_kinds() {
    let mut graph = outer(json!({}));
    graph["nodes"]["t"]["kind"] = json!("tint");
    let folder = Folder::with_graph(&graph);
    folder.write("mine/tint.json", tint().to_string());
    let nodes = vec![folder.path("mine")];
    let report =
        folder.session(Options { nodes, ..folder.options() }).session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));
    assert_eq!(codes(&folder.run()), ["unknown-kind"]);
}

#[test]
fn a_fault_in_a_graph_used_three_times_is_told_once_where_it_is() {
    let mut graph = outer(json!({}));
    graph["nodes"]["u"] = graph["nodes"]["t"].clone();
    graph["nodes"]["v"] = graph["nodes"]["t"].clone();
    let folder = folder(&graph);
    folder.write("tint.json", tint().to_string().replace("\"solid\"", "\"sold\""));
    let report = folder.run();
    assert_eq!(codes(&report), ["unknown-kind"], "{}", told_findings(&report));
    assert!(told_findings(&report).contains("tint.json:1:"));
}

#[test]
fn a_refusal_inside_says_where_the_graph_is_used() {
    let mut graph = outer(json!({}));
    graph["nodes"]["grey"]["params"]["width"] = json!(9);
    let folder = folder(&graph);
    let text = told_findings(&folder.run());
    assert!(text.contains("fg is 8x8, but bg is 9x8"), "{text}");
    assert!(text.contains("in the graph used here"), "{text}");
    assert!(text.contains("fg comes from here"), "{text}");
}

#[test]
fn what_a_graph_used_as_a_node_lacks_is_told() {
    let folder = folder(&outer(json!({ "colr": 1 })));
    let text = told_findings(&folder.run());
    assert!(text.contains("did you mean `colour`?"), "{text}");
    let mut graph = outer(json!({}));
    graph["nodes"]["t"]["inputs"] = json!({});
    folder.write("graph.json", graph.to_string());
    let report = folder.run();
    assert_eq!(codes(&report), ["missing-input"], "{}", told_findings(&report));
    graph["nodes"]["t"]["inputs"] = json!({ "image": "grey.image", "picture": "grey.image" });
    folder.write("graph.json", graph.to_string());
    assert_eq!(codes(&folder.run()), ["unknown-input"]);
}

#[test]
fn a_graph_made_to_be_a_node_can_be_checked_but_not_run() {
    let folder = Folder::with_graph(&tint());
    let resolved = folder.session(folder.options()).session.check();
    assert!(resolved.is_sound(), "{}", findings_text(&resolved.findings, &resolved.sources));
    let mut only = tint();
    only["outputs"] = json!({ "image": "comp.image" });
    folder.write("graph.json", only.to_string());
    assert!(folder.session(folder.options()).session.check().is_sound());
    let report = folder.run();
    assert!(!report.is_ok());
    assert!(codes(&report).contains(&"open-input"), "{}", told_findings(&report));
}

#[test]
fn notes_and_the_schema_change_nothing() {
    let mut graph = outer(json!({}));
    let folder = folder(&graph);
    let told = folder.session(folder.options());
    told.ran();
    graph["note"] = json!("what it is for");
    graph["$schema"] = json!("graph.schema.json");
    graph["nodes"]["grey"]["note"] = json!("a plate");
    graph["outputs"]["t.safetensors"] = json!({ "from": "t.image", "note": "the end" });
    folder.write("graph.json", graph.to_string());
    assert_eq!(told.ran(), [""; 0]);
}

#[test]
fn a_world_in_memory_is_enough_to_check() {
    let world = MemoryWorld::new(Default::default());
    world.put("graph.json", outer(json!({})).to_string());
    world.put("tint.json", tint().to_string());
    let options = Options::new("graph.json", kinds());
    let session = Session::within(options, std::sync::Arc::new(world), std::sync::Arc::new(|_| {}));
    assert!(session.unwrap().check().is_sound());
}

#[test]
fn facts_are_known_after_check() {
    let folder = folder(&outer(json!({})));
    let resolved = folder.session(folder.options()).session.check();
    let facts: Vec<String> = resolved
        .graph
        .nodes
        .iter()
        .map(|node| format!("{} {}", node.name, node.facts.as_ref().unwrap()[0]))
        .collect();
    assert_eq!(facts, ["grey 8x8 opaque", "t/plain 8x8 straight", "t/comp 8x8 opaque"]);
}

#[test]
fn shipped_graphs_are_laid_out_canonically() {
    for folder in ["graphs", "graphs/demo", "graphs/layers"] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap().flatten() {
            let path = entry.path();
            if path.is_file() && !path.ends_with("graph.schema.json") {
                let text = std::fs::read_to_string(&path).unwrap();
                let json = pellucid_source::read(&text).unwrap();
                assert!(canonical(&json.v) == text, "run pellucid fmt {}", path.display());
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-z$]{1,10}", inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn any_graph() -> impl Strategy<Value = Value> {
    let section = || prop::collection::vec(("[a-z_]{1,8}", any_json()), 0..5);
    (section(), section(), section(), any_json()).prop_map(|(nodes, params, outputs, extra)| {
        let object = |pairs: Vec<(String, Value)>| Value::Object(pairs.into_iter().collect());
        json!({
            "outputs": object(outputs), "odd": extra, "nodes": object(nodes),
            "params": object(params), "pellucid": 1,
        })
    })
}

/// The same tree with keys in order, for comparison.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn layout_is_idempotent_and_loses_nothing(graph in any_graph()) {
        let parse = |text: &str| -> Spanned<Json> { pellucid_source::read(text).unwrap() };
        let once = canonical(&parse(&graph.to_string()).v);
        let twice = canonical(&parse(&once).v);
        prop_assert_eq!(&once, &twice);
        let back: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(sorted(&back), sorted(&graph));
    }

    #[test]
    fn no_text_makes_checking_panic(text in "\\PC{0,200}", cut in 0usize..400) {
        let whole = outer(json!({})).to_string();
        let mut cut = cut.min(whole.len());
        while !whole.is_char_boundary(cut) {
            cut -= 1;
        }
        let world = MemoryWorld::new(Default::default());
        world.put("graph.json", format!("{}{text}{}", &whole[..cut], &whole[cut..]));
        world.put("tint.json", tint().to_string());
        let options = Options { threads: 1, ..Options::new("graph.json", kinds()) };
        let session = Session::within(options, std::sync::Arc::new(world), std::sync::Arc::new(|_| {}));
        let resolved = session.unwrap().check();
        findings_text(&resolved.findings, &resolved.sources);
    }
}
