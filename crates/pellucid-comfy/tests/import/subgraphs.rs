//! Subgraphs: nested ones, and all three ways in which widgets were promoted.

use serde_json::{Value, json};

use crate::graphs::{node, ui, with};
use crate::{flat, headlines, only, sound, tried};

const INNER: &str = "11111111-0000-0000-0000-000000000000";
const OUTER: &str = "22222222-0000-0000-0000-000000000000";

/// A definition that encodes a prompt: inputs `clip` and, when promoted, `words`.
fn encoder(promoted: bool) -> Value {
    let text = if promoted { json!(3) } else { json!(null) };
    let encode = node(
        12,
        "CLIPTextEncode",
        json!([["clip", "CLIP", 1], ["text", "STRING", text, "text"]]),
        &["CONDITIONING"],
        json!(["stored inside"]),
    );
    let mut inputs = vec![json!({ "id": "a", "name": "clip", "type": "CLIP", "linkIds": [1] })];
    let mut links = vec![
        json!({ "id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 12, "target_slot": 0, "type": "CLIP" }),
        json!({ "id": 2, "origin_id": 12, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "CONDITIONING" }),
    ];
    if promoted {
        inputs.push(json!({ "id": "b", "name": "words", "type": "STRING", "linkIds": [3] }));
        links.push(json!({ "id": 3, "origin_id": -10, "origin_slot": 1, "target_id": 12, "target_slot": 1, "type": "STRING" }));
    }
    json!({
        "id": INNER, "version": 1, "name": "Encoder", "inputNode": { "id": -10 }, "outputNode": { "id": -20 },
        "inputs": inputs,
        "outputs": [{ "id": "c", "name": "CONDITIONING", "type": "CONDITIONING", "linkIds": [2] }],
        "widgets": [], "nodes": [encode], "links": links,
    })
}

/// A definition around the other: inputs `clip` and `words`.
fn nested() -> Value {
    let instance = node(
        5,
        INNER,
        json!([["clip", "CLIP", 1], ["words", "STRING", 3, "words"]]),
        &["CONDITIONING"],
        json!(["never used"]),
    );
    json!({
        "id": OUTER, "version": 1, "name": "Outer",
        "inputs": [
            { "id": "a", "name": "clip", "type": "CLIP", "linkIds": [1] },
            { "id": "b", "name": "words", "type": "STRING", "linkIds": [3] },
        ],
        "outputs": [{ "id": "c", "name": "CONDITIONING", "type": "CONDITIONING", "linkIds": [2] }],
        "nodes": [instance],
        "links": [
            { "id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 5, "target_slot": 0, "type": "CLIP" },
            { "id": 2, "origin_id": 5, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "CONDITIONING" },
            { "id": 3, "origin_id": -10, "origin_slot": 1, "target_id": 5, "target_slot": 1, "type": "STRING" },
        ],
    })
}

/// A workflow whose prompt 2 is an instance.
fn workflow(instance: Value, definitions: Vec<Value>) -> String {
    let nodes = vec![
        node(
            4,
            "CheckpointLoaderSimple",
            json!([]),
            &["MODEL", "CLIP", "VAE"],
            json!(["a.safetensors"]),
        ),
        instance,
        node(5, "EmptyLatentImage", json!([]), &["LATENT"], json!([64, 64, 1])),
        node(
            3,
            "KSampler",
            json!([
                ["model", "MODEL", 1],
                ["positive", "CONDITIONING", 4],
                ["negative", "CONDITIONING", 6],
                ["latent_image", "LATENT", 2]
            ]),
            &["LATENT"],
            json!([1, "fixed", 20, 8, "euler", "normal", 1]),
        ),
        node(
            8,
            "VAEDecode",
            json!([["samples", "LATENT", 7], ["vae", "VAE", 8]]),
            &["IMAGE"],
            json!([]),
        ),
        node(9, "PreviewImage", json!([["images", "IMAGE", 9]]), &[], json!([])),
    ];
    let links = json!([
        [1, 4, 0, 3, 0, "MODEL"],
        [2, 5, 0, 3, 3, "LATENT"],
        [3, 4, 1, 2, 0, "CLIP"],
        [4, 2, 0, 3, 1, "CONDITIONING"],
        [6, 2, 0, 3, 2, "CONDITIONING"],
        [7, 3, 0, 8, 0, "LATENT"],
        [8, 4, 2, 8, 1, "VAE"],
        [9, 8, 0, 9, 0, "IMAGE"],
    ]);
    let mut workflow: Value = serde_json::from_str(&ui(nodes, links)).unwrap();
    workflow["definitions"] = json!({ "subgraphs": definitions });
    workflow.to_string()
}

fn instance(class: &str, values: Value) -> Value {
    node(2, class, json!([["clip", "CLIP", 3]]), &["CONDITIONING"], values)
}

#[test]
fn an_instance_is_opened_and_its_nodes_get_ids_with_colons() {
    let flat = flat(&sound(&workflow(instance(INNER, json!([])), vec![encoder(false)])));
    let want = json!({ "class_type": "CLIPTextEncode", "inputs": { "text": "stored inside", "clip": ["4", 1] } });
    assert_eq!(flat["2:12"], want);
    assert_eq!(flat["3"]["inputs"]["positive"], json!(["2:12", 0]));
    assert_eq!(flat.get("2"), None);
}

#[test]
fn a_promoted_widget_has_the_value_of_its_instance() {
    let text = |instance: Value| {
        let flat = flat(&sound(&workflow(instance, vec![encoder(true)])));
        flat["2:12"]["inputs"]["text"].clone()
    };
    assert_eq!(text(instance(INNER, json!(["by position"]))), "by position");
    let named = json!({ "words": "by name" });
    assert_eq!(text(with(instance(INNER, json!([])), "widgets_values_named", named)), "by name");
    assert_eq!(text(instance(INNER, json!({ "words": "in an object" }))), "in an object");
    // Nothing is stored: the inner node's own value.
    assert_eq!(text(instance(INNER, json!([]))), "stored inside");
}

#[test]
fn an_input_that_goes_to_two_widgets_has_one_value() {
    // The definition's `words` goes to a second prompt too, whose own value differs.
    let mut definition = encoder(true);
    let second = node(
        13,
        "CLIPTextEncode",
        json!([["clip", "CLIP", 5], ["text", "STRING", 4, "text"]]),
        &["CONDITIONING"],
        json!(["another"]),
    );
    definition["nodes"].as_array_mut().unwrap().push(second);
    definition["inputs"][1]["linkIds"] = json!([3, 4]);
    definition["links"].as_array_mut().unwrap().extend([
        json!({ "id": 4, "origin_id": -10, "origin_slot": 1, "target_id": 13, "target_slot": 1, "type": "STRING" }),
        json!({ "id": 5, "origin_id": -10, "origin_slot": 0, "target_id": 13, "target_slot": 0, "type": "CLIP" }),
    ]);
    for (values, want) in [(json!(["outside"]), "outside"), (json!([]), "stored inside")] {
        let flat = flat(&sound(&workflow(instance(INNER, values), vec![definition.clone()])));
        for id in ["2:12", "2:13"] {
            assert_eq!(flat[id]["inputs"]["text"], want, "{id}");
        }
    }
}

#[test]
fn a_link_into_a_promoted_widget_is_followed() {
    let mut instance = instance(INNER, json!(["by position"]));
    instance["inputs"].as_array_mut().unwrap().push(
        json!({ "name": "words", "type": "STRING", "link": 40, "widget": { "name": "words" } }),
    );
    let mut workflow: Value =
        serde_json::from_str(&workflow(instance, vec![encoder(true)])).unwrap();
    workflow["nodes"].as_array_mut().unwrap().push(node(
        70,
        "PrimitiveNode",
        json!([]),
        &["STRING"],
        json!(["from a primitive"]),
    ));
    workflow["links"].as_array_mut().unwrap().push(json!([40, 70, 0, 2, 1, "STRING"]));
    let flat = flat(&sound(&workflow.to_string()));
    assert_eq!(flat["2:12"]["inputs"]["text"], "from a primitive");
}

#[test]
fn legacy_proxies_leave_the_inner_value_or_set_it() {
    let proxies = json!({ "proxyWidgets": [["12", "$$canvas-image-preview"], ["12", "text"]] });
    let text = |values: Value| {
        let instance = with(instance(INNER, values), "properties", proxies.clone());
        flat(&sound(&workflow(instance, vec![encoder(false)])))["2:12"]["inputs"]["text"].clone()
    };
    assert_eq!(text(json!([])), "stored inside");
    assert_eq!(text(json!([null, "set outside"])), "set outside");
    assert_eq!(text(json!(["set outside"])), "set outside");
    let own = json!({ "proxyWidgets": [["-1", "words"]] });
    let instance = with(instance(INNER, json!(["host input"])), "properties", own);
    let flat = flat(&sound(&workflow(instance, vec![encoder(true)])));
    assert_eq!(flat["2:12"]["inputs"]["text"], "host input");
}

#[test]
fn nested_subgraphs_hand_links_and_values_down() {
    let definitions = vec![encoder(true), nested()];
    let imported =
        flat(&sound(&workflow(instance(OUTER, json!(["from outside"])), definitions.clone())));
    assert_eq!(imported["2:5:12"]["inputs"], json!({ "text": "from outside", "clip": ["4", 1] }));
    assert_eq!(imported["3"]["inputs"]["negative"], json!(["2:5:12", 0]));
    // Definitions may stand in the definition that uses them.
    let mut outer = nested();
    outer["definitions"] = json!({ "subgraphs": [encoder(true)] });
    let again = flat(&sound(&workflow(instance(OUTER, json!(["from outside"])), vec![outer])));
    assert_eq!(again, imported);
}

#[test]
fn a_muted_or_bypassed_instance_hides_its_nodes() {
    let muted = tried(&workflow(with(instance(INNER, json!([])), "mode", 2), vec![encoder(false)]));
    assert_eq!(flat(&muted.imported).get("2:12"), None);
    assert_eq!(muted.findings.len(), 2, "{:?}", headlines(&muted));
    // A bypassed instance has no CONDITIONING to hand on; a CLIP does not fit.
    let bypassed =
        tried(&workflow(with(instance(INNER, json!([])), "mode", 4), vec![encoder(false)]));
    assert_eq!(flat(&bypassed.imported).get("2:12"), None);
    assert_eq!(bypassed.findings.len(), 2);
}

#[test]
fn a_subgraph_that_contains_itself_is_refused() {
    let mut looped = encoder(false);
    looped["nodes"].as_array_mut().unwrap().push(node(77, INNER, json!([]), &[], json!([])));
    let tried = tried(&workflow(instance(INNER, json!([])), vec![looped]));
    let finding = only(&tried, "comfy-subgraph");
    assert_eq!(finding.message, "#2:77: subgraph \"Encoder\" contains itself");
}

#[test]
fn subgraphs_that_multiply_are_cut_off() {
    // 24 definitions, each with the next twice: 2^24 nodes if all were opened.
    let id = |at: usize| format!("{at:08}-0000-0000-0000-000000000000");
    let definition = |at: usize| {
        let class = if at == 23 { "Note".to_owned() } else { id(at + 1) };
        let twice = [1, 2].map(|n| node(n, &class, json!([]), &[], json!([])));
        json!({ "id": id(at), "name": "bomb", "inputs": [], "outputs": [], "nodes": twice, "links": [] })
    };
    let text = workflow(instance(&id(0), json!([])), (0..24).map(definition).collect());
    let tried = tried(&text);
    assert!(headlines(&tried)[0].contains("more than 200000 nodes"), "{:?}", headlines(&tried)[0]);
}
