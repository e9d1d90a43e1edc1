//! Workflows of ComfyUI through the front door: files in, files out, findings in its terms.

use std::fs;
use std::path::Path;

use pellucid_graph::Cancel;
use pellucid_host::{Options, Report, WrittenState};
use pellucid_pixel::files::{EncodeOptions, Format, Limits, decode, encode, read_png_text};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_tests::{Folder, models};
use serde_json::{Value, json};

/// A grey ramp as a PNG.
fn ramp(width: u32) -> Vec<u8> {
    let fact = ImageFact::new(width, 2, Alpha::Opaque);
    let pixel = |i: u32| [(i % width) as f32 / 255.0, 0.5, 1.0, 1.0];
    let image = Image::new(fact, (0..width * 2).map(pixel).collect());
    encode(&image, Format::Png, &EncodeOptions::new(Format::Png)).unwrap()
}

fn pixels(png: &[u8]) -> Vec<[f32; 4]> {
    decode(png, &Limits::default()).unwrap().image.pixels.to_vec()
}

/// A workflow that turns a picture's colours over and saves it.
fn inverted(prefix: &str) -> Value {
    json!({
        "1": { "class_type": "LoadImage", "inputs": { "image": "ramp.png" } },
        "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
        "3": { "class_type": "SaveImage", "inputs": { "images": ["2", 0], "filename_prefix": prefix } },
    })
}

fn folder(workflow: &Value) -> Folder {
    let folder = Folder::with_graph(workflow);
    folder.write("input/ramp.png", ramp(9));
    folder
}

fn written(report: &Report, folder: &Folder) -> Vec<(String, bool)> {
    let out = folder.path("out");
    let name = |path: &Path| path.strip_prefix(&out).unwrap().to_string_lossy().into_owned();
    report.written.iter().map(|w| (name(&w.path), w.state == WrittenState::Wrote)).collect()
}

fn messages(report: &Report) -> Vec<String> {
    report.resolved.findings.iter().map(|finding| finding.message.clone()).collect()
}

#[test]
fn a_saved_picture_is_numbered_on_and_what_is_saved_is_not_saved_again() {
    let folder = folder(&inverted("owls/a"));
    folder.write("out/owls/a_00007_.png", "another");
    folder.write("out/owls/ab_00100_.png", "not of the series");
    let report = folder.run();
    assert!(report.is_ok(), "{:?}", messages(&report));
    assert_eq!(written(&report, &folder), [("owls/a_00008_.png".to_owned(), true)]);
    // Another session has no memory of the first.
    assert_eq!(written(&folder.run(), &folder), [("owls/a_00008_.png".to_owned(), false)]);
    folder.write("input/ramp.png", ramp(8));
    assert_eq!(written(&folder.run(), &folder), [("owls/a_00009_.png".to_owned(), true)]);
    assert_eq!(fs::read_dir(folder.path("out/owls")).unwrap().count(), 4);
}

#[test]
fn two_nodes_of_one_prefix_are_numbered_one_after_the_other() {
    let mut workflow = inverted("a");
    workflow["4"] = json!({ "class_type": "SaveImage", "inputs": { "images": ["2", 0], "filename_prefix": "a" } });
    let folder = folder(&workflow);
    let both =
        |wrote: bool| [("a_00001_.png".to_owned(), wrote), ("a_00002_.png".to_owned(), wrote)];
    assert_eq!(written(&folder.run(), &folder), both(true));
    assert_eq!(written(&folder.run(), &folder), both(false));
}

#[test]
fn codes_are_cut_not_rounded_and_the_workflow_is_in_the_picture() {
    let folder = folder(&inverted("a"));
    folder.write("input/ramp.png", ramp(200));
    assert!(folder.run().is_ok());
    let bytes = folder.read("out/a_00001_.png");
    let codes: Vec<u32> =
        pixels(&bytes)[..200].iter().map(|p| (p[0] * 255.0).round() as u32).collect();
    let cut: Vec<u32> = (0..200).map(|k| ((1.0 - k as f32 / 255.0) * 255.0) as u32).collect();
    assert_eq!(codes, cut);
    // Rounding to the nearest would turn every code over exactly.
    assert!((0..200).zip(&cut).any(|(k, code)| 255 - k != *code));
    let texts = read_png_text(&bytes);
    let (key, text) = &texts[0];
    assert_eq!((key.as_str(), texts.len()), ("prompt", 1));
    assert!(
        text.starts_with(r#"{"1": {"inputs": {"image": "ramp.png"}, "class_type": "LoadImage""#)
    );
    // As plain text, as ComfyUI writes it.
    assert!(bytes.windows(11).any(|w| w == b"tEXtprompt\0"));
}

#[test]
fn a_picture_with_a_workflow_in_it_is_a_workflow() {
    let folder = folder(&inverted("a"));
    assert!(folder.run().is_ok());
    folder.write("again.png", folder.read("out/a_00001_.png"));
    let mut options = folder.options();
    options.graph = folder.path("again.png");
    options.out = folder.path("second");
    let report = folder.session(options).session.run(&Cancel::default());
    assert!(report.is_ok(), "{:?}", messages(&report));
    assert_eq!(folder.read("second/a_00001_.png"), folder.read("out/a_00001_.png"));
}

#[test]
fn previews_are_written_over() {
    let mut workflow = inverted("a");
    workflow["3"] = json!({ "class_type": "PreviewImage", "inputs": { "images": ["2", 0] } });
    workflow["5"] = json!({ "class_type": "MaskPreview", "inputs": { "mask": ["1", 1] } });
    let folder = folder(&workflow);
    let names = ["preview/3_01.png", "preview/5_01.png"].map(|name| (name.to_owned(), true));
    assert_eq!(written(&folder.run(), &folder), names);
    folder.write("input/ramp.png", ramp(8));
    assert_eq!(written(&folder.run(), &folder)[0], names[0]);
}

#[test]
fn an_imported_workflow_gives_the_same_pixels() {
    let folder = folder(&inverted("a"));
    assert!(folder.run().is_ok());
    let text = fs::read_to_string(folder.path("graph.json")).unwrap();
    let json = pellucid_source::read(&text).unwrap();
    let mut findings = Vec::new();
    let kinds = pellucid_tests::kinds();
    let file = pellucid_source::FileId::default();
    let now = pellucid_host::now();
    let imported = pellucid_comfy::import(&json, &kinds, file, &now, &mut findings);
    let mut imported = imported.unwrap();
    imported.rename_pictures(&kinds, |name| Some(format!("input/{name}")));
    folder.write("imported.json", pellucid_comfy::print(&imported));
    let mut options = folder.options();
    options.graph = folder.path("imported.json");
    options.out = folder.path("second");
    let report = folder.session(options).session.run(&Cancel::default());
    assert!(report.is_ok(), "{:?}", messages(&report));
    assert_eq!(
        pixels(&folder.read("second/a_00001_.png")),
        pixels(&folder.read("out/a_00001_.png"))
    );
}

#[test]
fn pictures_are_looked_for_in_input_then_beside_then_in_the_tree() {
    let folder = Folder::with_graph(&inverted("a"));
    folder.write("ramp.png", ramp(5));
    let width = |report: &Report| {
        assert!(report.is_ok(), "{:?}", messages(report));
        let bytes = fs::read(&report.written[0].path).unwrap();
        u32::from_be_bytes(bytes[16..20].try_into().unwrap())
    };
    assert_eq!(width(&folder.run()), 5);
    folder.write("input/ramp.png", ramp(6));
    assert_eq!(width(&folder.run()), 6);
    fs::remove_file(folder.path("ramp.png")).unwrap();
    fs::remove_file(folder.path("input/ramp.png")).unwrap();
    let tree = Folder::new();
    tree.write("input/ramp.png", ramp(7));
    tree.write("models/checkpoints/none", "");
    for models in [tree.path(""), tree.path("models")] {
        let mut options = folder.options();
        options.models = vec![models];
        let report = folder.session(options).session.run(&Cancel::default());
        assert_eq!(width(&report), 7);
    }
}

#[test]
fn findings_speak_of_comfyui_s_nodes() {
    let mut workflow = inverted("a");
    workflow["1"]["inputs"]["image"] = json!("gone.png");
    workflow["1"]["_meta"] = json!({ "title": "My owl" });
    let report = folder(&workflow).run();
    let finding = &report.resolved.findings[0];
    assert_eq!(finding.code, "missing-file");
    assert_eq!(finding.node.as_deref(), Some("#1 LoadImage \"My owl\""));
    assert_eq!(finding.port.as_deref(), Some("image"));
    assert_eq!(finding.message, "#1 LoadImage \"My owl\": `image`: there is no file `gone.png`");
    let text = workflow.to_string();
    assert_eq!(finding.place.unwrap().span.of(&text), "\"gone.png\"");
}

#[test]
fn names_that_leave_the_input_folder_are_refused() {
    for name in ["../ramp.png", "/etc/hostname", "a/../../ramp.png"] {
        let mut workflow = inverted("a");
        workflow["1"]["inputs"]["image"] = json!(name);
        let folder = folder(&workflow);
        folder.write("ramp.png", ramp(3));
        let report = folder.run();
        assert_eq!(report.resolved.findings[0].code, "outside-root", "{:?}", messages(&report));
        assert!(report.written.is_empty());
    }
}

#[test]
fn a_batch_is_numbered_in_a_row() {
    let mut workflow = inverted("%width%x%height%_%batch_num%");
    workflow["4"] =
        json!({ "class_type": "RepeatImageBatch", "inputs": { "image": ["2", 0], "amount": 3 } });
    workflow["3"]["inputs"]["images"] = json!(["4", 0]);
    let folder = folder(&workflow);
    let report = folder.run();
    let names: Vec<_> = written(&report, &folder).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["9x2_0_00001_.png", "9x2_1_00002_.png", "9x2_2_00003_.png"],
        "{:?}",
        messages(&report)
    );
}

#[test]
fn models_are_found_where_the_yaml_beside_the_workflow_says() {
    let models = models();
    let workflow = json!({
        "1": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": "tiny_sd15.safetensors" } },
        "2": { "class_type": "EmptyLatentImage", "inputs": { "width": 64, "height": 64, "batch_size": 1 } },
        "3": { "class_type": "VAEDecode", "inputs": { "samples": ["2", 0], "vae": ["1", 2] } },
        "4": { "class_type": "SaveImage", "inputs": { "images": ["3", 0], "filename_prefix": "a" } },
    });
    let folder = Folder::with_graph(&workflow);
    let missing = folder.run();
    assert!(messages(&missing)[0].contains("tiny_sd15.safetensors"), "{:?}", messages(&missing));
    let yaml =
        format!("mine:\n    base_path: {}\n    checkpoints: checkpoints\n", models.display());
    folder.write("extra_model_paths.yaml", yaml);
    let report = folder.run();
    assert!(report.is_ok(), "{:?}", messages(&report));
    assert_eq!(written(&report, &folder), [("a_00001_.png".to_owned(), true)]);
}

#[test]
fn the_type_of_a_union_controlnet_is_its_sort() {
    let workflow = json!({
        "1": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": "tiny_sdxl.safetensors" } },
        "2": { "class_type": "CLIPTextEncode", "inputs": { "text": "a fox", "clip": ["1", 1] } },
        "3": { "class_type": "ControlNetLoader", "inputs": { "control_net_name": "tiny_union_sdxl.safetensors" } },
        "4": { "class_type": "SetUnionControlNetType", "inputs": {
            "control_net": ["3", 0], "type": "canny/lineart/anime_lineart/mlsd",
        } },
        "5": { "class_type": "LoadImage", "inputs": { "image": "ramp.png" } },
        "6": { "class_type": "ControlNetApply", "inputs": {
            "conditioning": ["2", 0], "control_net": ["4", 0], "image": ["5", 0], "strength": 0.7,
        } },
        "7": { "class_type": "EmptyLatentImage", "inputs": { "width": 64, "height": 64, "batch_size": 1 } },
        "8": { "class_type": "KSampler", "inputs": {
            "model": ["1", 0], "positive": ["6", 0], "negative": ["2", 0], "latent_image": ["7", 0], "seed": 3,
            "steps": 2, "cfg": 3.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
        } },
        "9": { "class_type": "VAEDecode", "inputs": { "samples": ["8", 0], "vae": ["1", 2] } },
        "10": { "class_type": "SaveImage", "inputs": { "images": ["9", 0], "filename_prefix": "fox" } },
    });
    let run = |folder: &Folder| {
        let options = Options { models: vec![models()], ..folder.options() };
        folder.session(options).session.run(&Cancel::default())
    };
    let drawn = |workflow: &Value| {
        let folder = folder(workflow);
        let report = run(&folder);
        assert!(report.is_ok(), "{:?}", messages(&report));
        pixels(&fs::read(&report.written[0].path).unwrap())
    };
    let told = drawn(&workflow);
    let mut other = workflow.clone();
    other["4"]["inputs"]["type"] = json!("tile");
    let folder = folder(&other);
    assert_eq!(
        messages(&run(&folder)),
        ["#4 SetUnionControlNetType, input `type`: this ControlNet knows 6 sorts, not number 6"]
    );
    other["4"]["inputs"]["type"] = json!("auto");
    assert!(drawn(&other) != told);
}
