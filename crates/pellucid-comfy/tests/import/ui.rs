//! UI format to what ComfyUI would run.

use pellucid_comfy::print;
use serde_json::{Value, json};

use crate::graphs::{node, txt2img, ui, with};
use crate::{flat, headlines, only, sound, tried};

fn plain(_: u64, node: Value) -> Value {
    node
}

#[test]
fn widget_values_get_their_names_and_the_word_behind_a_seed_is_left_out() {
    let flat = flat(&sound(&txt2img(plain, vec![], json!([]))));
    let want = json!({
        "class_type": "KSampler",
        "inputs": {
            "seed": 18446744073709551615u64, "steps": 20, "cfg": 8, "sampler_name": "euler",
            "scheduler": "normal", "denoise": 1, "model": ["4", 0], "positive": ["6", 0],
            "negative": ["7", 0], "latent_image": ["5", 0],
        },
    });
    assert_eq!(flat["3"], want);
    assert_eq!(
        flat["9"],
        json!({ "class_type": "PreviewImage", "inputs": { "images": ["8", 0] } })
    );
}

#[test]
fn a_graph_with_names_from_kinds_and_titles_comes_out() {
    let text = txt2img(
        |id, node| if id == 6 { with(node, "title", "What to show!") } else { node },
        vec![node(20, "Note", json!([]), &[], json!(["Owls  are shy."]))],
        json!([]),
    );
    let want = r#"{
  "pellucid": 1,
  "note": "Owls  are shy.",
  "nodes": {
    "load_checkpoint": { "kind": "load_checkpoint", "params": { "file": "a.safetensors" } },
    "what_to_show": {
      "kind": "encode_prompt",
      "inputs": { "clip": "load_checkpoint.clip" },
      "params": { "text": "owl" }
    },
    "encode_prompt": {
      "kind": "encode_prompt",
      "inputs": { "clip": "load_checkpoint.clip" },
      "params": { "text": "dull" }
    },
    "empty_latent": {
      "kind": "empty_latent",
      "params": { "width": 64, "height": 128, "batch": 1 }
    },
    "ksampler": {
      "kind": "ksampler",
      "inputs": {
        "model": "load_checkpoint.model",
        "positive": "what_to_show.conditioning",
        "negative": "encode_prompt.conditioning",
        "latent": "empty_latent.latent"
      },
      "params": {
        "seed": 18446744073709551615,
        "steps": 20,
        "cfg": 8,
        "sampler": "euler",
        "scheduler": "normal",
        "denoise": 1
      }
    },
    "decode": {
      "kind": "decode",
      "inputs": { "samples": "ksampler.latent", "vae": "load_checkpoint.vae" }
    }
  },
  "outputs": {
    "preview/9_##.png": { "from": "decode.image", "rounding": "down" }
  }
}
"#;
    assert_eq!(print(&sound(&text)), want);
}

#[test]
fn values_by_name_win_and_a_second_opinion_is_told() {
    let named = json!({ "text": "fox" });
    let text = txt2img(
        |id, node| if id == 6 { with(node, "widgets_values_named", named.clone()) } else { node },
        vec![],
        json!([]),
    );
    let tried = tried(&text);
    assert_eq!(flat(&tried.imported)["6"]["inputs"]["text"], "fox");
    let finding = only(&tried, "comfy-two-values");
    assert!(!finding.is_error());
}

#[test]
fn values_as_an_object_are_taken_by_name_and_the_rest_is_as_in_a_new_node() {
    let values = json!({ "steps": 3, "seed": 5, "control_after_generate": "fixed" });
    let text = txt2img(
        |id, node| if id == 3 { with(node, "widgets_values", values.clone()) } else { node },
        vec![],
        json!([]),
    );
    let inputs = &flat(&sound(&text))["3"]["inputs"];
    assert_eq!((&inputs["steps"], &inputs["seed"]), (&json!(3), &json!(5)));
    assert_eq!((&inputs["cfg"], &inputs["sampler_name"]), (&json!(8.0), &json!("euler")));
}

#[test]
fn a_muted_node_gives_nothing() {
    let text =
        txt2img(|id, node| if id == 8 { with(node, "mode", 2) } else { node }, vec![], json!([]));
    let tried = tried(&text);
    let finding = only(&tried, "comfy-missing-input");
    assert_eq!(finding.message, "#9 PreviewImage: required input `images` is missing");
    assert_eq!(flat(&tried.imported).get("8"), None);
    assert_eq!(flat(&tried.imported)["9"]["inputs"], json!({}));
}

#[test]
fn a_bypassed_node_hands_on_the_input_of_the_same_slot_and_type() {
    // 10 = ControlNetApplyAdvanced between the prompts and the sampler.
    let control = node(
        10,
        "ControlNetApplyAdvanced",
        json!([
            ["positive", "CONDITIONING", 4],
            ["negative", "CONDITIONING", 6],
            ["image", "IMAGE", null]
        ]),
        &["CONDITIONING", "CONDITIONING"],
        json!([1.0]),
    );
    let change = |id: u64, node: Value| match id {
        3 => {
            let mut node = node;
            node["inputs"][1]["link"] = json!(11);
            node["inputs"][2]["link"] = json!(12);
            node
        }
        _ => node,
    };
    let links = json!([[11, 10, 0, 3, 1, "CONDITIONING"], [12, 10, 1, 3, 2, "CONDITIONING"]]);
    let bypassed = txt2img(change, vec![with(control.clone(), "mode", 4)], links.clone());
    let inputs = &flat(&sound(&bypassed))["3"]["inputs"];
    assert_eq!((&inputs["positive"], &inputs["negative"]), (&json!(["6", 0]), &json!(["7", 0])));
    let muted = tried(&txt2img(change, vec![with(control, "mode", 2)], links));
    assert_eq!(
        headlines(&muted),
        [
            "error[comfy-missing-input]: #3 KSampler: required input `positive` is missing",
            "error[comfy-missing-input]: #3 KSampler: required input `negative` is missing",
        ]
    );
}

#[test]
fn a_bypassed_node_hands_on_the_first_input_of_the_type_when_slots_differ() {
    // A bypassed sampler has its latent in slot 3 and gives it in slot 0.
    let text =
        txt2img(|id, node| if id == 3 { with(node, "mode", 4) } else { node }, vec![], json!([]));
    assert_eq!(flat(&sound(&text))["8"]["inputs"]["samples"], json!(["5", 0]));
    // One whose inputs are all of other types hands on nothing.
    let text =
        txt2img(|id, node| if id == 8 { with(node, "mode", 4) } else { node }, vec![], json!([]));
    only(&tried(&text), "comfy-missing-input");
}

#[test]
fn reroutes_are_followed_and_native_ones_are_only_drawn() {
    let change = |id: u64, node: Value| match id {
        9 => {
            let mut node = node;
            node["inputs"][0]["link"] = json!(12);
            node
        }
        _ => node,
    };
    let more = vec![
        node(10, "Reroute", json!([["", "*", 9]]), &["IMAGE"], json!([])),
        node(11, "Reroute", json!([["", "*", 11]]), &["IMAGE"], json!([])),
    ];
    let links = json!([[11, 10, 0, 11, 0, "*"], [12, 11, 0, 9, 0, "IMAGE"]]);
    let mut workflow: Value = serde_json::from_str(&txt2img(change, more, links)).unwrap();
    workflow["extra"]["reroutes"] = json!([{ "id": 1, "pos": [0, 0], "linkIds": [12] }]);
    workflow["extra"]["linkExtensions"] = json!([{ "id": 12, "parentId": 1 }]);
    let flat = flat(&sound(&workflow.to_string()));
    assert_eq!(flat["9"]["inputs"]["images"], json!(["8", 0]));
    assert_eq!((flat.get("10"), flat.get("11")), (None, None));
}

#[test]
fn a_primitive_becomes_the_literal_of_the_widget_it_is_linked_to() {
    let change = |id: u64, node: Value| match id {
        5 => with(
            node,
            "inputs",
            json!([{ "name": "width", "type": "INT", "link": 20, "widget": { "name": "width" } }]),
        ),
        _ => node,
    };
    let more = vec![node(30, "PrimitiveNode", json!([]), &["INT"], json!([256, "fixed"]))];
    let text = txt2img(change, more, json!([[20, 30, 0, 5, 0, "INT"]]));
    let imported = sound(&text);
    assert_eq!(
        flat(&imported)["5"]["inputs"],
        json!({ "width": 256, "height": 128, "batch_size": 1 })
    );
    assert_eq!(flat(&imported).get("30"), None);
}

#[test]
fn a_primitive_class_becomes_a_literal_too_but_stays_a_node_for_comfyui() {
    let change = |id: u64, node: Value| match id {
        5 => with(
            node,
            "inputs",
            json!([{ "name": "width", "type": "INT", "link": 20, "widget": { "name": "width" } }]),
        ),
        _ => node,
    };
    let more = vec![node(30, "PrimitiveInt", json!([]), &["INT"], json!([256, "fixed"]))];
    let imported = sound(&txt2img(change, more, json!([[20, 30, 0, 5, 0, "INT"]])));
    assert_eq!(flat(&imported)["5"]["inputs"]["width"], json!(["30", 0]));
    assert!(print(&imported).contains(r#""width": 256"#));
}

#[test]
fn a_linked_widget_keeps_its_place_among_the_values_and_unlinked_slots_change_nothing() {
    let slots = json!([
        { "name": "clip", "type": "CLIP", "link": 3 },
        { "name": "text", "type": "STRING", "link": null, "widget": { "name": "text" } },
    ]);
    let text = txt2img(
        |id, n| if id == 6 { with(n, "inputs", slots.clone()) } else { n },
        vec![],
        json!([]),
    );
    assert_eq!(flat(&sound(&text))["6"]["inputs"], json!({ "text": "owl", "clip": ["4", 1] }));
}

/// A workflow whose empty latent has inputs that are linked to the size of a picture.
fn sized(inputs: &Value, links: Value) -> String {
    let change = |id: u64, node: Value| match id {
        5 => with(node, "inputs", inputs.clone()),
        _ => node,
    };
    let more = vec![
        node(30, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["a.png", "image"])),
        node(31, "GetImageSize", json!([["image", "IMAGE", 21]]), &["INT", "INT"], json!([])),
    ];
    txt2img(change, more, links)
}

#[test]
fn a_size_that_is_linked_to_a_pictures_is_that_of_the_picture() {
    let side = |name: &str, link: u64| json!({ "name": name, "type": "INT", "link": link, "widget": { "name": name } });
    let inputs = json!([side("width", 20), side("height", 22)]);
    let links =
        json!([[20, 31, 0, 5, 0, "INT"], [22, 31, 1, 5, 1, "INT"], [21, 30, 0, 31, 0, "IMAGE"]]);
    let imported = sound(&sized(&inputs, links));
    let want = r#"    "empty_latent": {
      "kind": "empty_latent",
      "inputs": { "like": "size.image" },
      "params": { "batch": 1 }
    },"#;
    assert!(print(&imported).contains(want), "{}", print(&imported));

    // The two sides the wrong way round are no size of a picture.
    let links =
        json!([[20, 31, 1, 5, 0, "INT"], [22, 31, 0, 5, 1, "INT"], [21, 30, 0, 31, 0, "IMAGE"]]);
    only(&tried(&sized(&inputs, links)), "comfy-computed");
}

#[test]
fn one_number_that_a_node_computes_cannot_set_a_param() {
    let inputs =
        json!([{ "name": "width", "type": "INT", "link": 20, "widget": { "name": "width" } }]);
    let links = json!([[20, 31, 0, 5, 0, "INT"], [21, 30, 0, 31, 0, "IMAGE"]]);
    let tried = tried(&sized(&inputs, links));
    let finding = only(&tried, "comfy-computed");
    assert_eq!(finding.node.as_deref(), Some("#5 EmptyLatentImage"));
    assert_eq!(finding.port.as_deref(), Some("width"));
}

#[test]
fn upload_buttons_store_a_value_behind_all_others() {
    let nodes = vec![
        node(1, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["sub\\owl.png", "image"])),
        node(2, "PreviewImage", json!([["images", "IMAGE", 1]]), &[], json!([])),
        node(3, "MaskPreview", json!([["mask", "MASK", 2]]), &[], json!([])),
    ];
    let imported = sound(&ui(nodes, json!([[1, 1, 0, 2, 0, "IMAGE"], [2, 1, 1, 3, 0, "MASK"]])));
    assert_eq!(flat(&imported)["1"]["inputs"], json!({ "image": "sub\\owl.png" }));
    let want = r#"  "nodes": {
    "load_image": { "kind": "load_image", "params": { "file": "sub/owl.png" } },
    "load_image_alpha_split": { "kind": "alpha_split", "inputs": { "image": "load_image.image" } },
    "load_image_matte_invert": {
      "kind": "matte_invert",
      "inputs": { "matte": "load_image_alpha_split.matte" }
    }
  },"#;
    assert!(print(&imported).contains(want), "{}", print(&imported));
}

#[test]
fn nodes_that_nothing_needs_are_neither_checked_nor_made() {
    let more = vec![
        node(40, "KSampler", json!([]), &["LATENT"], json!(["no seed"])),
        node(41, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["b.png", "image"])),
    ];
    let imported = sound(&txt2img(plain, more, json!([])));
    assert_eq!(imported.document.nodes.len(), 6);
}

#[test]
fn values_of_old_files_that_stand_for_sockets_are_dropped() {
    let nodes = |values: Value| {
        vec![
            node(1, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["a.png", "image"])),
            node(2, "PrimitiveInt", json!([]), &["INT"], json!([4, "fixed"])),
            node(
                3,
                "GrowMask",
                json!([["mask", "MASK", 1], ["expand", "INT", 2]]),
                &["MASK"],
                values,
            ),
            node(4, "MaskPreview", json!([["mask", "MASK", 3]]), &[], json!([])),
        ]
    };
    let links = json!([[1, 1, 1, 3, 0, "MASK"], [2, 2, 0, 3, 1, "INT"], [3, 3, 0, 4, 0, "MASK"]]);
    for values in [json!([false]), json!([0, false])] {
        let imported = sound(&ui(nodes(values), links.clone()));
        assert_eq!(flat(&imported)["3"]["inputs"]["tapered_corners"], false);
        let text = print(&imported);
        assert!(text.contains(r#""params": { "expand": 4, "shape": "square" }"#), "{text}");
    }
}

#[test]
fn both_widget_lists_of_a_class_that_changed_are_understood() {
    let nodes = |values: Value| {
        vec![
            node(1, "LoadImage", json!([]), &["IMAGE", "MASK"], json!(["a.png", "image"])),
            node(2, "ImageResize+", json!([["image", "IMAGE", 1]]), &["IMAGE"], values),
            node(3, "PreviewImage", json!([["images", "IMAGE", 2]]), &[], json!([])),
        ]
    };
    let links = json!([[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"]]);
    for (values, method) in [
        (json!([64, 32, "nearest", false]), "stretch"),
        (json!([64, 32, "nearest", true]), "keep proportion"),
        (json!([64, 32, "nearest", "keep proportion", "always", 8]), "keep proportion"),
    ] {
        let text = print(&sound(&ui(nodes(values), links.clone())));
        assert!(text.contains(&format!(r#""method": "{method}""#)), "{text}");
    }
}

#[test]
fn prompts_lose_their_comments_and_choices() {
    let text = "a {b|b} \\{c\\} // com\n/* x */ end";
    let change = |id: u64, node: Value| match id {
        6 => with(node, "widgets_values", json!([text])),
        _ => node,
    };
    let imported = sound(&txt2img(change, vec![], json!([])));
    assert_eq!(flat(&imported)["6"]["inputs"]["text"], "a b {c} \n end");
}

#[test]
fn names_of_files_say_dates_and_values_of_other_nodes() {
    let change = |id: u64, node: Value| match id {
        9 => {
            let values = json!(["%date:yyyy%/%KSampler.seed%_%width%"]);
            with(with(node, "type", "SaveImage"), "widgets_values", values)
        }
        _ => node,
    };
    let imported = sound(&txt2img(change, vec![], json!([])));
    let name = &imported.document.outputs[0].name.v;
    assert_eq!(name, "2026/18446744073709551615_%width%_#####_.png");
}

#[test]
fn a_value_that_does_not_fit_names_its_widget() {
    let change = |id: u64, node: Value| match id {
        3 => with(node, "widgets_values", json!([1, "fixed", 20, 8, "eular", "normal", "much"])),
        _ => node,
    };
    let tried = tried(&txt2img(change, vec![], json!([])));
    let found: Vec<_> = tried.findings.iter().map(|f| (&*f.message, f.hint.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("#3 KSampler: `sampler_name` cannot be \"eular\"", Some("did you mean `euler`?")),
            ("#3 KSampler: `denoise` is \"much\", but must be a number", None),
        ]
    );
    // Findings point at the values.
    let text = txt2img(change, vec![], json!([]));
    let span = tried.findings[0].place.unwrap().span;
    assert_eq!(span.of(&text), "\"eular\"");
}

#[test]
fn unknown_classes_are_told_all_at_once_with_their_packs() {
    let with_pack = |id: u64, class: &str, pack: &str| {
        let mut node = node(id, class, json!([]), &["IMAGE"], json!([1]));
        node["properties"]["cnr_id"] = json!(pack);
        with(node, "title", "My node")
    };
    let more = vec![
        with_pack(50, "FancyThing", "fancy-pack"),
        with_pack(51, "VAEDecodeHunyuan", "comfy-core"),
    ];
    let tried = tried(&txt2img(plain, more, json!([])));
    assert_eq!(
        headlines(&tried),
        [
            "error[comfy-unknown-class]: #50 FancyThing \"My node\": \"FancyThing\", a node of the pack \
             \"fancy-pack\", is not supported",
            "error[comfy-unknown-class]: #51 VAEDecodeHunyuan \"My node\": \"VAEDecodeHunyuan\", a node of \
             ComfyUI itself, is not supported",
        ]
    );
}

#[test]
fn set_and_get_nodes_are_a_wire() {
    let change = |id: u64, node: Value| match id {
        9 => {
            let mut node = node;
            node["inputs"][0]["link"] = json!(13);
            node
        }
        _ => node,
    };
    let more = vec![
        node(60, "SetNode", json!([["IMAGE", "IMAGE", 9]]), &["*"], json!(["result"])),
        node(61, "GetNode", json!([]), &["IMAGE"], json!(["result"])),
    ];
    let imported = sound(&txt2img(change, more, json!([[13, 61, 0, 9, 0, "IMAGE"]])));
    assert_eq!(flat(&imported)["9"]["inputs"]["images"], json!(["8", 0]));
}
