//! API format, and what is said in ComfyUI's terms.

use pellucid_comfy::{Format, detect, embedded, print};
use serde_json::{Value, json};

use crate::{flat, headlines, only, sound, tried};

fn prompt() -> Value {
    json!({
        "1": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": "a.safetensors" } },
        "2": { "class_type": "CLIPTextEncode", "inputs": { "text": "owl", "clip": ["1", 1] },
            "_meta": { "title": "Prompt" } },
        "5": { "class_type": "EmptyLatentImage", "inputs": { "width": 64, "height": 64, "batch_size": 1 } },
        "3": { "class_type": "KSampler", "inputs": {
            "model": ["1", 0], "seed": 7, "steps": 20, "cfg": 8.0, "sampler_name": "euler",
            "scheduler": "normal", "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["5", 0],
            "denoise": 1.0 } },
        "8": { "class_type": "VAEDecode", "inputs": { "samples": ["3", 0], "vae": ["1", 2] } },
        "9": { "class_type": "SaveImage", "inputs": { "images": ["8", 0], "filename_prefix": "owls/a" } },
    })
}

fn changed(pointer: &str, value: Value) -> String {
    let mut prompt = prompt();
    *prompt.pointer_mut(pointer).unwrap() = value;
    prompt.to_string()
}

#[test]
fn a_prompt_becomes_a_graph_and_says_what_stands_for_every_slot() {
    let imported = sound(&prompt().to_string());
    assert_eq!(imported.format, Format::Api);
    let flat = flat(&imported);
    let mut want = prompt();
    want["2"].as_object_mut().unwrap().remove("_meta");
    assert_eq!(flat, want);
    let values: Vec<_> = imported
        .values
        .iter()
        .map(|v| format!("{}.{} {}.{}", v.node, v.slot, v.wire.node, v.wire.output))
        .collect();
    assert_eq!(
        values,
        [
            "1.0 load_checkpoint.model",
            "1.1 load_checkpoint.clip",
            "1.2 load_checkpoint.vae",
            "2.0 prompt.conditioning",
            "5.0 empty_latent.latent",
            "3.0 ksampler.latent",
            "8.0 decode.image",
            "9.0 decode.image",
        ]
    );
    let text = print(&imported);
    let want =
        r#""owls/a_#####_.png": { "from": "decode.image", "rounding": "down", "number": "next" }"#;
    assert!(text.contains(want), "{text}");
}

#[test]
fn the_body_of_a_request_is_a_prompt_too() {
    let body = json!({ "client_id": "x", "prompt": prompt() }).to_string();
    assert_eq!(sound(&body).document.nodes.len(), 5);
}

#[test]
fn wrapped_values_are_unwrapped_and_undeclared_inputs_ignored() {
    let mut prompt = prompt();
    prompt["3"]["inputs"]["steps"] = json!({ "__value__": 9 });
    prompt["3"]["inputs"]["odd"] = json!(["77", 0]);
    let text = print(&sound(&prompt.to_string()));
    assert!(text.contains(r#""steps": 9"#));
}

#[test]
fn values_are_converted_as_comfyui_converts_them() {
    let mut prompt = prompt();
    prompt["3"]["inputs"]["steps"] = json!("8");
    prompt["3"]["inputs"]["cfg"] = json!("6.5");
    prompt["3"]["inputs"]["seed"] = json!(8.7);
    prompt["2"]["inputs"]["text"] = json!(12);
    let text = print(&sound(&prompt.to_string()));
    for want in [r#""steps": 8,"#, r#""cfg": 6.5"#, r#""seed": 8,"#, r#""text": "12""#] {
        assert!(text.contains(want), "{want} {text}");
    }
}

#[test]
fn pictures_may_say_that_they_are_in_input_and_only_there() {
    let load = |name: &str| {
        json!({
            "1": { "class_type": "LoadImage", "inputs": { "image": name } },
            "2": { "class_type": "PreviewImage", "inputs": { "images": ["1", 0] } },
        })
        .to_string()
    };
    assert!(
        print(&sound(&load("clipspace/a.png [input]"))).contains(r#""file": "clipspace/a.png""#)
    );
    assert_eq!(
        only(&tried(&load("a.png [output]")), "comfy-value").message,
        "#1 LoadImage: `image` is \"a.png [output]\", but must be the name of a file in `input`"
    );
}

#[test]
fn the_text_false_is_not_true() {
    let grow = |value: Value| {
        json!({
            "1": { "class_type": "LoadImage", "inputs": { "image": "a.png" } },
            "2": { "class_type": "GrowMask", "inputs": { "mask": ["1", 1], "expand": 1, "tapered_corners": value } },
            "3": { "class_type": "MaskPreview", "inputs": { "mask": ["2", 0] } },
        })
        .to_string()
    };
    for (value, word) in [
        (json!("false"), "square"),
        (json!(0), "square"),
        (json!(""), "square"),
        (json!("yes"), "plus"),
        (json!(true), "plus"),
    ] {
        let text = print(&sound(&grow(value)));
        assert!(text.contains(&format!(r#""shape": "{word}""#)), "{text}");
    }
}

#[test]
fn constants_and_words_of_kinds_are_written() {
    let text = json!({
        "1": { "class_type": "LoadImage", "inputs": { "image": "a.png" } },
        "2": { "class_type": "ImageBlend", "inputs": {
            "image1": ["1", 0], "image2": ["1", 0], "blend_factor": 0.5, "blend_mode": "normal" } },
        "3": { "class_type": "PreviewImage", "inputs": { "images": ["2", 0] } },
    });
    let text = print(&sound(&text.to_string()));
    assert!(
        text.contains(r#""params": { "opacity": 0.5, "mode": "over", "clip": true }"#),
        "{text}"
    );
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_comfyui() {
    for (pointer, value, code, message) in [
        (
            "/3/inputs/model",
            json!(["77", 0]),
            "comfy-link",
            "#3 KSampler: input `model` is linked to node #77, which is not there",
        ),
        (
            "/3/inputs/model",
            json!([1, 0]),
            "comfy-link",
            "#3 KSampler: input `model` is a list, but no link",
        ),
        (
            "/3/inputs/model",
            json!(["1", 3]),
            "comfy-link",
            "#3 KSampler: input `model` is linked to output 3 of node #1, which has 3 outputs",
        ),
        (
            "/3/inputs/model",
            json!(["1", -1]),
            "comfy-link",
            "#3 KSampler: input `model` is linked to output 18446744073709551615 of node #1, which has 3 outputs",
        ),
        (
            "/3/inputs/model",
            json!(["1", 1]),
            "comfy-type",
            "#3 KSampler: input `model` takes MODEL, but output 1 of node #1 is CLIP",
        ),
        (
            "/3/inputs/model",
            json!("a model"),
            "comfy-link",
            "#3 KSampler: input `model` is text, but takes a link to MODEL",
        ),
        (
            "/3/inputs/steps",
            json!(0),
            "comfy-value",
            "#3 KSampler: `steps` is 0, but must be from 1 to 10000",
        ),
        (
            "/3/inputs/cfg",
            json!(1e9),
            "comfy-value",
            "#3 KSampler: `cfg` is 1000000000, but must be from 0 to 100",
        ),
        (
            "/3/inputs/steps",
            json!("many"),
            "comfy-value",
            "#3 KSampler: `steps` is \"many\", but must be a whole number",
        ),
        (
            "/3/inputs/steps",
            json!([1, 2, 3]),
            "comfy-link",
            "#3 KSampler: input `steps` is a list, but neither a link nor a value",
        ),
        (
            "/3/inputs/scheduler",
            json!("Karras"),
            "comfy-value",
            "#3 KSampler: `scheduler` cannot be \"Karras\"",
        ),
        (
            "/9/inputs/filename_prefix",
            json!("../a"),
            "comfy-value",
            "#9 SaveImage: `filename_prefix` is \"../a\", which leaves the folder of outputs",
        ),
        (
            "/9/inputs/filename_prefix",
            json!("/a"),
            "comfy-value",
            "#9 SaveImage: `filename_prefix` is \"/a\", which leaves the folder of outputs",
        ),
        (
            "/2/inputs",
            json!({ "text": "owl" }),
            "comfy-missing-input",
            "#2 CLIPTextEncode \"Prompt\": required input `clip` is missing",
        ),
        (
            "/2/inputs",
            json!([]),
            "comfy-format",
            "#2 CLIPTextEncode \"Prompt\": inputs is a list, but must be an object",
        ),
    ] {
        let tried = tried(&changed(pointer, value));
        assert_eq!(tried.findings[0].code, code, "{:#?}", tried.findings);
        assert_eq!(tried.findings[0].message, message);
        // What hangs on a refused node is not talked about.
        assert!(tried.findings.len() == 1 || pointer == "/2/inputs", "{:#?}", tried.findings);
    }
}

#[test]
fn every_number_that_a_widget_lacks_is_told_with_what_a_new_node_has() {
    let mut prompt = prompt();
    prompt["3"]["inputs"].as_object_mut().unwrap().remove("steps");
    let tried = tried(&prompt.to_string());
    let finding = only(&tried, "comfy-missing-input");
    assert_eq!(finding.hint.as_deref(), Some("a new node has \"steps\": 20"));
}

#[test]
fn a_node_that_needs_itself_is_told_with_the_way() {
    let tried = tried(&changed(
        "/5",
        json!({ "class_type": "KSampler", "inputs": {
        "model": ["1", 0], "seed": 7, "steps": 20, "cfg": 8.0, "sampler_name": "euler",
        "scheduler": "normal", "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["3", 0],
        "denoise": 1.0 } }),
    ));
    let finding = only(&tried, "comfy-cycle");
    assert_eq!(finding.hint.as_deref(), Some("take out a link of #3 < #5 < #3"));
}

#[test]
fn a_workflow_that_shows_nothing_is_refused() {
    let mut prompt = prompt();
    prompt.as_object_mut().unwrap().remove("9");
    only(&tried(&prompt.to_string()), "comfy-no-outputs");
}

#[test]
fn a_node_without_class_is_told() {
    let tried = tried(&changed("/5", json!({ "inputs": {} })));
    assert_eq!(
        headlines(&tried),
        [
            "error[comfy-format]: node #5 has no class_type, so it is not known what it is",
            "error[comfy-link]: #3 KSampler: input `latent_image` is linked to node #5, which is not there",
        ]
    );
}

#[test]
fn graphs_of_ours_are_no_workflows() {
    for text in [
        r#"{ "pellucid": 1, "nodes": {} }"#,
        r#"{ "nodes": { "a": { "kind": "solid" } } }"#,
        "[]",
        "{}",
        r#"{ "a": { "class_typ": "x" } }"#,
    ] {
        let json = pellucid_source::read(text).unwrap();
        assert_eq!(detect(&json.v), None, "{text}");
    }
}

#[test]
fn samplers_and_guiders_are_unpacked_by_name() {
    // A bundle that nobody unpacks is an input of the wrong sort.
    let mut prompt = prompt();
    prompt["10"] = json!({ "class_type": "KSamplerSelect", "inputs": { "sampler_name": "euler" } });
    prompt["3"]["inputs"]["latent_image"] = json!(["10", 0]);
    let tried = tried(&prompt.to_string());
    assert_eq!(
        only(&tried, "comfy-type").message,
        "#3 KSampler: input `latent_image` takes LATENT, but output 0 of node #10 is SAMPLER"
    );
}

#[test]
fn a_workflow_comes_back_out_of_a_picture() {
    use pellucid_pixel::files::with_png_text;
    let png = png();
    let text = prompt().to_string();
    let workflow = ("workflow".to_owned(), r#"{"nodes":[],"version":0.4}"#.to_owned());
    let both = [("prompt".to_owned(), text.clone()), workflow.clone()];
    let found = embedded(&with_png_text(&png, &both).unwrap()).unwrap();
    assert_eq!((found.key.as_str(), found.text), ("prompt", text));
    // Python writes NaN where JSON has no word.
    let nan = [
        ("prompt".to_owned(), r#"{"1":{"class_type":"A","is_changed":[NaN]}}"#.to_owned()),
        workflow,
    ];
    assert_eq!(embedded(&with_png_text(&png, &nan).unwrap()).unwrap().key, "workflow");
    assert_eq!(embedded(&png), None);
}

fn png() -> Vec<u8> {
    use pellucid_pixel::files::{EncodeOptions, Format, encode};
    use pellucid_pixel::{Alpha, Image, ImageFact};
    let image = Image::new(ImageFact::new(1, 1, Alpha::Opaque), vec![[0.5, 0.5, 0.5, 1.0]]);
    encode(&image, Format::Png, &EncodeOptions::new(Format::Png)).unwrap()
}
