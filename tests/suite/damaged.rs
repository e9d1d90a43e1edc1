//! Weight files that are broken, or not what they are taken for: each gives a finding that names
//! the file, what was expected and what was found, before anything is computed where a header can
//! tell, and never a panic or a black picture.

use std::fs;

use pellucid_graph::Cancel;
use pellucid_host::{Options, Report};
use pellucid_tests::{Folder, models, told_findings};
use safetensors::SafeTensors;
use serde_json::{Map, Value, json};

/// A safetensors file with that header and so many bytes behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn checkpoint() -> Vec<u8> {
    fs::read(models().join("checkpoints/tiny_sd15.safetensors")).unwrap()
}

/// A checkpoint with the tensors below a prefix filled with one number.
fn filled(prefix: &str, number: u16) -> Vec<u8> {
    let mut bytes = checkpoint();
    let (length, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let places: Vec<(usize, usize)> = header
        .tensors()
        .into_iter()
        .filter(|(key, _)| key.starts_with(prefix))
        .map(|(_, info)| info.data_offsets)
        .collect();
    assert!(!places.is_empty());
    for (start, end) in places {
        for element in bytes[8 + length + start..8 + length + end].chunks_exact_mut(2) {
            element.copy_from_slice(&number.to_le_bytes());
        }
    }
    bytes
}

/// A checkpoint whose header was changed.
fn with_header(change: impl Fn(&mut Map<String, Value>)) -> Vec<u8> {
    with_header_of(&checkpoint(), change)
}

fn with_header_of(bytes: &[u8], change: impl Fn(&mut Map<String, Value>)) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Map<String, Value> = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut header);
    let text = Value::Object(header).to_string();
    let mut changed = file(&text, 0);
    changed.extend(&bytes[8 + length..]);
    changed
}

const CONV: &str = "model.diffusion_model.input_blocks.0.0.weight";

/// A graph that draws with the checkpoint `bad.safetensors` of the folder.
fn graph() -> Value {
    let prompt = |text: &str| {
        json!({
            "kind": "encode_prompt", "inputs": { "clip": "model.clip" }, "params": { "text": text },
        })
    };
    json!({
        "nodes": {
            "model": { "kind": "load_checkpoint", "params": { "file": "bad.safetensors" } },
            "positive": prompt("a fox"), "negative": prompt(""),
            "empty": { "kind": "empty_latent", "params": { "width": 64, "height": 64 } },
            "drawn": {
                "kind": "ksampler",
                "inputs": {
                    "model": "model.model", "latent": "empty.latent",
                    "positive": "positive.conditioning", "negative": "negative.conditioning",
                },
                "params": { "steps": 2 },
            },
            "seen": {
                "kind": "decode_latent", "inputs": { "latent": "drawn.latent", "vae": "model.vae" },
            },
        },
        "outputs": { "result.png": "seen.image" },
    })
}

fn run(bytes: &[u8]) -> (Report, Folder) {
    let folder = Folder::new();
    folder.write("graph.json", format!("{:#}", graph()));
    folder.write("models/checkpoints/bad.safetensors", bytes);
    let options = Options { models: vec![folder.path("models")], ..folder.options() };
    (folder.session(options).session.run(&Cancel::default()), folder)
}

/// That a file is refused before anything runs, with all these words in one finding.
fn refused(what: &str, bytes: &[u8], words: &[&str]) {
    let (report, _folder) = run(bytes);
    let text = told_findings(&report);
    assert!(!report.is_ok(), "{what} is taken");
    assert!(report.ran.is_empty(), "{what}: something ran: {:?}", report.ran);
    assert_eq!(report.resolved.findings.len(), 1, "{what}: {text}");
    for word in words.iter().chain(&["bad.safetensors"]) {
        assert!(text.contains(word), "{what}: `{word}` is not in\n{text}");
    }
    assert!(text.len() < 2000, "{what}: {} bytes are told", text.len());
}

#[test]
fn broken_files_are_refused_before_anything_runs() {
    let whole = checkpoint();
    refused("nothing", &[], &["cut off"]);
    refused("a few bytes", b"abc", &["cut off"]);
    refused("text", b"<html>not found</html>", &["safetensors"]);
    refused("half a file", &whole[..whole.len() / 2], &["cut off", "bytes of at least"]);
    refused("a file without its last byte", &whole[..whole.len() - 1], &["cut off"]);
    let mut long = file("{}", 0);
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    refused("an endless header", &long, &["header of 18446744073709551615 bytes"]);
    refused("a header that is no JSON", &file("{\"a\":", 0), &["header"]);
    let entry =
        |offsets: &str| format!("{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{offsets}}}");
    let pair = format!("{{\"a\":{},\"b\":{}}}", entry("[0,8]"), entry("[4,12]"));
    refused("tensors that overlap", &file(&pair, 12), &["`b`", "overlap", "`a`"]);
    let turned = format!("{{\"a\":{}}}", entry("[8,0]"));
    refused("offsets that run backwards", &file(&turned, 8), &["`a`", "offsets"]);
    let short = format!("{{\"a\":{}}}", entry("[0,4]"));
    refused("offsets that do not fit the shape", &file(&short, 8), &["`a`", "4 bytes", "[2]"]);
    refused("no tensors", &file("{}", 0), &["holds no tensors"]);
    let stranger = format!("{{\"another\":{},\"stranger\":{}}}", entry("[0,8]"), entry("[8,16]"));
    refused("another program's tensors", &file(&stranger, 16), &["no network", "`stranger`"]);
}

#[test]
fn tensors_of_the_wrong_kind_are_named() {
    let unknown = with_header(|header| header[CONV]["dtype"] = json!("F11"));
    refused("an unknown type", &unknown, &[CONV, "F11"]);
    let whole = with_header(|header| header[CONV]["dtype"] = json!("I16"));
    refused("whole numbers", &whole, &[CONV, "floating-point", "I16"]);
    let turned = with_header(|header| {
        let shape = header["model.diffusion_model.time_embed.0.weight"]["shape"].as_array_mut();
        shape.unwrap().reverse();
    });
    refused("a turned matrix", &turned, &["time_embed.0.weight"]);
    let lacking = with_header(|header| {
        header.remove("first_stage_model.decoder.norm_out.bias");
    });
    refused("a missing tensor", &lacking, &["first_stage_model.decoder.norm_out.bias", "lacks"]);
}

/// A weight file with one tensor more, which no network has.
fn with_a_stranger(whole: &[u8]) -> Vec<u8> {
    let (length, _) = SafeTensors::read_metadata(whole).unwrap();
    let end = whole.len() - length - 8;
    let mut bytes = with_header_of(whole, |header| {
        let place = json!({ "dtype": "F16", "shape": [2], "data_offsets": [end, end + 4] });
        header.insert("strange.weight".into(), place);
    });
    bytes.extend([0; 4]);
    bytes
}

fn tells_of_the_stranger(report: &Report) {
    let text = told_findings(report);
    assert!(report.is_ok(), "{text}");
    assert_eq!(report.resolved.findings.len(), 1, "{text}");
    for words in ["warning[noticed]", "`bad.safetensors` holds 1 tensor(s)", "`strange.weight`"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn tensors_that_nothing_needs_are_told_and_the_file_is_taken() {
    let (report, _folder) = run(&with_a_stranger(&checkpoint()));
    tells_of_the_stranger(&report);

    let encoder = fs::read(models().join("text_encoders/tiny_clip_l.safetensors")).unwrap();
    let folder = Folder::with_graph(&json!({
        "nodes": {
            "clip": { "kind": "load_clip", "params": { "files": ["bad.safetensors"] } },
            "prompt": {
                "kind": "encode_prompt", "inputs": { "clip": "clip.clip" }, "params": { "text": "a fox" },
            },
        },
        "outputs": { "prompt.safetensors": "prompt.conditioning" },
    }));
    folder.write("models/text_encoders/bad.safetensors", with_a_stranger(&encoder));
    let options = Options { models: vec![folder.path("models")], ..folder.options() };
    tells_of_the_stranger(&folder.session(options).session.run(&Cancel::default()));
}

#[test]
fn files_for_something_else_are_refused_by_what_they_are() {
    for (name, what) in [
        ("vae/tiny_vae", "an autoencoder"),
        ("depth/tiny_depth", "a depth estimator"),
        ("upscale_models/tiny_upscaler", "an upscaling network"),
        ("text_encoders/tiny_clip_l", "a text encoder"),
        ("controlnet/tiny_control_sd15", "a ControlNet"),
        ("loras/tiny_lora_sd15", "a LoRA"),
        ("embeddings/tiny_word", "a textual inversion"),
        ("layer_model/layer_xl_transparent_attn", "a layer patch for SDXL"),
        ("layer_model/layer_sd15_joint", "a layer model for SD1.5"),
        ("layer_model/vae_transparent_decoder", "a transparency decoder"),
        ("layer_model/vae_transparent_encoder", "a transparency encoder"),
    ] {
        let bytes = fs::read(models().join(format!("{name}.safetensors"))).unwrap();
        refused(name, &bytes, &[what, "not a"]);
    }
}

/// That drawing ends in an error at a node, and that no picture is written.
fn fails(what: &str, bytes: &[u8], node: &str) {
    let (report, folder) = run(bytes);
    let text = told_findings(&report);
    assert!(!report.is_ok(), "{what}: it draws");
    assert!(text.contains("not finite") && text.contains("bad.safetensors"), "{what}: {text}");
    assert!(text.contains(&format!("\"{node}\":")), "{what}: it does not fail at {node}: {text}");
    assert!(!folder.path("out/result.png").exists(), "{what}: a picture is written");
}

#[test]
fn numbers_that_are_none_end_in_an_error_and_not_in_a_picture() {
    const NAN: u16 = 0x7e00;
    const INFINITE: u16 = 0x7c00;
    fails("all NaN", &filled("", NAN), "positive");
    fails("a network of NaN", &filled("model.diffusion_model.", NAN), "drawn");
    fails("one layer of NaN", &filled("model.diffusion_model.out.0.", NAN), "drawn");
    fails("an infinite layer", &filled("model.diffusion_model.out.2.", INFINITE), "drawn");
    fails("a decoder of NaN", &filled("first_stage_model.decoder.", NAN), "seen");
    fails("a text encoder of NaN", &filled("cond_stage_model.", NAN), "positive");
}

#[test]
fn a_lora_without_a_place_in_the_model_is_told() {
    let lora = fs::read(models().join("loras/tiny_lora_sd15.safetensors")).unwrap();
    let strange = with_header_of(&lora, |header| {
        let old = std::mem::take(header);
        let named = |(key, value): (String, Value)| (key.replace("blocks", "bricks"), value);
        header.extend(old.into_iter().map(named));
    });
    let folder = Folder::new();
    let mut graph = graph();
    graph["nodes"]["model"]["params"]["file"] = json!("tiny_sd15.safetensors");
    graph["nodes"]["lora"] = json!({
        "kind": "apply_lora", "inputs": { "model": "model.model" }, "params": { "file": "strange.safetensors" },
    });
    graph["nodes"]["drawn"]["inputs"]["model"] = json!("lora.model");
    folder.write("graph.json", format!("{graph:#}"));
    folder.write("models/loras/strange.safetensors", strange);
    let options = Options { models: vec![folder.path("models"), models()], ..folder.options() };
    let report = folder.session(options).session.run(&Cancel::default());
    let text = told_findings(&report);
    for word in ["strange.safetensors", "no layer that the model has", "bricks"] {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
}
