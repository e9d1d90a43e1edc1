//! Broken and hostile files: findings, never a panic.

use std::time::{Duration, Instant};

use pellucid_comfy::{import, print};
use pellucid_source::{FileId, read};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::graphs::{node, txt2img, ui};
use crate::{NOW, kinds, only, tried};

/// Imports whatever it is, and does with it all that can be done.
fn survive(text: &str) {
    let Ok(json) = read(text) else { return };
    let mut findings = Vec::new();
    let imported = import(&json, &kinds::kinds(), FileId::default(), &NOW, &mut findings);
    if let Some(imported) = imported {
        read(&print(&imported)).expect("what is printed is JSON");
        imported.rename(&mut findings);
        for finding in &findings {
            let span = finding.place.expect("every finding has a place").span;
            assert!(span.end as usize <= text.len());
            assert!(!finding.message.is_empty());
        }
    }
}

/// All places of values in a tree.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), out);
            }
        }
        Value::Object(members) => {
            for (key, item) in members {
                pointers(item, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
            }
        }
        _ => {}
    }
}

fn odd_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(4),
        json!(1e300),
        json!(18446744073709551615u64),
        json!(""),
        json!("3"),
        json!("*"),
        json!([]),
        json!({}),
        json!([null, null]),
        json!(["3", 0]),
        json!([[1, 2, 3, 4, 5, 6]]),
        json!({ "id": 1 }),
        json!([{ "name": 3 }]),
    ]
}

fn bases() -> Vec<Value> {
    let subgraph = json!({
        "id": "sub", "name": "S", "inputs": [{ "name": "clip", "type": "CLIP", "linkIds": [1] }],
        "outputs": [{ "name": "C", "type": "CONDITIONING", "linkIds": [2] }],
        "nodes": [node(12, "CLIPTextEncode", json!([["clip", "CLIP", 1]]), &["CONDITIONING"], json!(["x"]))],
        "links": [{ "id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 12, "target_slot": 0, "type": "CLIP" },
            { "id": 2, "origin_id": 12, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "CONDITIONING" }],
    });
    let change = |id: u64, mut node: Value| {
        if id == 6 {
            node["type"] = json!("sub");
            node["properties"]["proxyWidgets"] = json!([["12", "text"]]);
        }
        if id == 7 {
            node["mode"] = json!(4);
        }
        node
    };
    let more = vec![
        node(30, "Reroute", json!([["", "*", 9]]), &["*"], json!([])),
        node(31, "PreviewImage", json!([["images", "IMAGE", 31]]), &[], json!([])),
    ];
    let links = json!([[31, 30, 0, 31, 0, "IMAGE"]]);
    let mut with_subgraph: Value = serde_json::from_str(&txt2img(change, more, links)).unwrap();
    with_subgraph["definitions"] = json!({ "subgraphs": [subgraph] });
    let api = json!({
        "1": { "class_type": "LoadImage", "inputs": { "image": "a.png" }, "_meta": { "title": "A" } },
        "2": { "class_type": "ImageBlend", "inputs": {
            "image1": ["1", 0], "image2": ["1", 0], "blend_factor": 0.5, "blend_mode": "normal" } },
        "3": { "class_type": "SaveImage", "inputs": { "images": ["2", 0], "filename_prefix": "a/%date:yy%" } },
    });
    vec![with_subgraph, api]
}

#[test]
fn every_value_may_be_replaced_by_anything() {
    for base in bases() {
        let mut places = Vec::new();
        pointers(&base, "", &mut places);
        for place in places {
            for odd in odd_values() {
                let mut changed = base.clone();
                *changed.pointer_mut(&place).unwrap() = odd;
                survive(&changed.to_string());
            }
        }
    }
}

proptest! {
    // Each case is small, and the shrunk ones tell more than many do.
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn two_changes_at_once_are_survived(
        base in 0usize..2, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(),
        x in any::<prop::sample::Index>(), y in any::<prop::sample::Index>(),
    ) {
        let mut changed = bases().swap_remove(base);
        for (place, odd) in [(a, x), (b, y)] {
            let mut places = Vec::new();
            pointers(&changed, "", &mut places);
            let odd = odd_values()[odd.index(odd_values().len())].clone();
            *changed.pointer_mut(&places[place.index(places.len())]).unwrap() = odd;
        }
        survive(&changed.to_string());
    }

    #[test]
    fn cut_and_spliced_texts_are_survived(
        base in 0usize..2, from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
    ) {
        let text = bases().swap_remove(base).to_string();
        let (a, b) = (from.index(text.len()), to.index(text.len()));
        if text.is_char_boundary(a) && text.is_char_boundary(b) {
            survive(&format!("{}{}", &text[..a.min(b)], &text[a.max(b)..]));
        }
    }
}

#[test]
fn reroutes_in_a_circle_are_told() {
    let nodes = vec![
        node(1, "Reroute", json!([["", "*", 2]]), &["*"], json!([])),
        node(2, "Reroute", json!([["", "*", 1]]), &["*"], json!([])),
        node(3, "PreviewImage", json!([["images", "IMAGE", 3]]), &[], json!([])),
    ];
    let links = json!([[1, 1, 0, 2, 0, "*"], [2, 2, 0, 1, 0, "*"], [3, 2, 0, 3, 0, "IMAGE"]]);
    let tried = tried(&ui(nodes, links));
    assert_eq!(tried.findings[0].code, "comfy-cycle");
}

#[test]
fn links_to_nothing_are_told() {
    let lone = |link: Value| {
        let nodes = vec![node(3, "PreviewImage", json!([["images", "IMAGE", 3]]), &[], json!([]))];
        tried(&ui(nodes, link)).findings[0].message.clone()
    };
    assert_eq!(lone(json!([])), "#3 PreviewImage: input `images` has link 3, which is not there");
    assert_eq!(
        lone(json!([[3, 77, 0, 3, 0, "IMAGE"]])),
        "#3 PreviewImage: input `images` is linked to node #77, which is not there"
    );
    assert_eq!(
        lone(json!([[3, 3, 9, 3, 0, "IMAGE"]])),
        "#3 PreviewImage: it takes its own result as an input"
    );
}

#[test]
fn two_nodes_of_one_id_are_told() {
    let nodes = vec![
        node(3, "PreviewImage", json!([]), &[], json!([])),
        node(3, "PreviewImage", json!([]), &[], json!([])),
    ];
    let tried = tried(&ui(nodes, json!([])));
    assert_eq!(tried.findings[0].message, "there are two nodes #3");
}

#[test]
fn long_chains_need_no_deep_stack_and_little_time() {
    let start = Instant::now();
    let count = 50_000u64;
    let mut nodes = serde_json::Map::new();
    nodes.insert("0".into(), json!({ "class_type": "LoadImage", "inputs": { "image": "a.png" } }));
    for id in 1..count {
        let before = (id - 1).to_string();
        nodes.insert(id.to_string(), json!({ "class_type": "ImageBlend", "inputs": {
            "image1": [before, 0], "image2": [before, 0], "blend_factor": 0.5, "blend_mode": "normal" } }));
    }
    nodes.insert(
        count.to_string(),
        json!({ "class_type": "PreviewImage",
        "inputs": { "images": [(count - 1).to_string(), 0] } }),
    );
    let text = Value::Object(nodes).to_string();
    let tried = tried(&text);
    assert!(tried.findings.is_empty());
    assert_eq!(tried.imported.document.nodes.len(), count as usize);
    // A quadratic step takes minutes here; the limit allows for a slow machine.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_chain_of_reroutes_as_long_as_a_file_is_followed() {
    let count = 20_000u64;
    let mut nodes = vec![node(1, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["a.png"]))];
    let mut links = vec![];
    for id in 2..count {
        nodes.push(node(id, "Reroute", json!([["", "*", id]]), &["*"], json!([])));
        links.push(json!([id, id - 1, 0, id, 0, "*"]));
    }
    nodes.push(node(count, "PreviewImage", json!([["images", "IMAGE", count]]), &[], json!([])));
    links.push(json!([count, count - 1, 0, count, 0, "IMAGE"]));
    let tried = tried(&ui(nodes, json!(links)));
    assert!(tried.findings.is_empty(), "{:?}", tried.findings);
    assert_eq!(tried.imported.document.nodes.len(), 1);
}

#[test]
fn prefixes_with_signs_that_no_file_should_have_are_changed_and_told() {
    let nodes = vec![
        node(1, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["a.png"])),
        node(2, "SaveImage", json!([["images", "IMAGE", 1]]), &[], json!(["a:b/#1?"])),
    ];
    let tried = tried(&ui(nodes, json!([[1, 1, 0, 2, 0, "IMAGE"]])));
    assert!(!only(&tried, "comfy-renamed").is_error());
    assert_eq!(tried.imported.document.outputs[0].name.v, "a_b/_1__#####_.png");
}
