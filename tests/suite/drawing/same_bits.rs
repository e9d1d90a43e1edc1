//! Runs that must give the same bits.

use pellucid_graph::{Budget, Cancel};
use pellucid_host::Options;
use pellucid_tests::{Folder, told_findings};
use serde_json::json;

use super::scene::{Scene, drawing};

/// Every way to draw, with the wire of what is drawn.
fn ways() -> Vec<(&'static str, Scene)> {
    let mut plain = Scene::sd15();
    plain.draw("drawn", "checkpoint.model", "empty.latent");
    let mut sdxl = Scene::sdxl();
    sdxl.draw("drawn", "checkpoint.model", "empty.latent");
    vec![("sd15", plain), ("sdxl", sdxl), ("joint", joint())]
}

/// Three layers that are drawn together.
pub fn joint() -> Scene {
    let mut scene = Scene::sd15();
    scene.set("empty", "frames", 3).prompt("fox", "a fox").prompt("snow", "snow at night");
    scene.node(
        "shared",
        "layer_joint",
        json!({
            "model": "checkpoint.model",
            "foreground": "fox.conditioning", "background": "snow.conditioning",
        }),
        json!({ "file": "layer_sd15_joint.safetensors" }),
    );
    scene.draw("drawn", "shared.model", "empty.latent");
    scene
}

#[test]
fn a_batch_is_its_latents_one_by_one() {
    for (name, mut scene) in ways() {
        scene.set("empty", "batch", 3).write("all", "drawn.latent");
        for item in 0..3 {
            let (pick, draw) = (format!("pick {item}"), format!("draw {item}"));
            let params = json!({ "first": item, "count": 1 });
            scene.node(&pick, "pick_latents", json!({ "latent": "empty.latent" }), params);
            let mut drawn = scene.nodes["drawn"].clone();
            drawn["inputs"]["latent"] = json!(format!("{pick}.latent"));
            scene.nodes.insert(draw.clone(), drawn);
            scene.write(&item.to_string(), &format!("{draw}.latent"));
        }
        let got = scene.run();
        let single = |item: usize| got[&item.to_string()].values.clone();
        let singles: Vec<f32> = (0..3).flat_map(single).collect();
        let same = singles.iter().zip(&got["all"].values).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same && singles.len() == got["all"].values.len(), "{name}");
        assert_ne!(single(0), single(1), "{name}: noise differs from one to the next");
    }
}

#[test]
fn threads_make_no_difference() {
    for (name, mut scene) in ways() {
        scene.node(
            "decoded",
            "decode_latent",
            json!({ "latent": "drawn.latent", "vae": "checkpoint.vae" }),
            json!({}),
        );
        scene.write("latent", "drawn.latent").write("picture", "decoded.image");
        let one = scene.run_with(|options| Options { threads: 1, ..options });
        let two = scene.run_with(|options| Options { threads: 2, ..options });
        for (output, numbers) in one {
            assert!(numbers.bits() == two[&output].bits(), "{name}: {output}");
        }
    }
}

#[test]
fn graphs_that_take_turns_leave_nothing_behind() {
    let mut first = Scene::sd15();
    first.draw("drawn", "checkpoint.model", "empty.latent").write("drawn", "drawn.latent");
    let mut second = joint();
    let lora = json!({ "file": "tiny_lora_sd15.safetensors" });
    second.node("styled", "apply_lora", json!({ "model": "checkpoint.model" }), lora);
    second.wire("shared", "model", "styled.model").write("drawn", "drawn.latent");

    let folder = Folder::with_graph(&first.graph());
    // Results are forgotten at once, while networks stay loaded: every run draws anew.
    let budget = Budget { keep: 0, ..Budget::default() };
    let told = folder.session(Options { budget, ..drawing(&folder) });
    let turn = |scene: &Scene| {
        folder.write("graph.json", scene.graph().to_string());
        let report = told.session.run(&Cancel::default());
        assert!(report.is_ok(), "{}", told_findings(&report));
        assert!(report.ran.iter().any(|(name, _)| name == "drawn"), "nothing was drawn");
        scene.read(&folder)["drawn"].bits()
    };
    let turns = [turn(&first), turn(&second), turn(&first), turn(&second)];
    assert!(turns[0] == turns[2] && turns[1] == turns[3]);
    assert!(turns[0] != turns[1]);
}

#[test]
fn what_has_no_strength_is_not_there() {
    let mut plain = Scene::sd15();
    plain.picture("hint", 3).draw("drawn", "checkpoint.model", "empty.latent");
    plain.write("drawn", "drawn.latent");
    let without = plain.result().bits();

    let mut lora = plain.clone();
    let params = json!({ "file": "tiny_lora_sd15.safetensors", "strength": 0 });
    lora.node("styled", "apply_lora", json!({ "model": "checkpoint.model" }), params.clone());
    lora.node("skilled", "apply_clip_lora", json!({ "clip": "checkpoint.clip" }), params);
    lora.wire("drawn", "model", "styled.model").wire("positive", "clip", "skilled.clip");
    assert!(lora.result().bits() == without, "a LoRA of strength 0");

    let mut control = controlled(&plain);
    control.set("steered", "strength", 0);
    assert!(control.result().bits() == without, "a ControlNet of strength 0");
    // Beside one that counts it does not count either.
    let other = json!({
        "conditioning": "steered.conditioning", "controlnet": "net.controlnet", "image": "hint.image",
    });
    control.set("steered", "strength", 1);
    let alone = control.result().bits();
    control.node("more", "apply_controlnet", other, json!({ "strength": 0 }));
    control.wire("drawn", "positive", "more.conditioning");
    assert!(control.result().bits() == alone, "a second ControlNet of strength 0");
    assert!(alone != without);
}

/// The positive prompt of a scene steered by its picture `hint`.
pub fn controlled(scene: &Scene) -> Scene {
    let mut scene = scene.clone();
    let file = json!({ "file": "tiny_control_sd15.safetensors" });
    scene.node("net", "load_controlnet", json!({}), file);
    scene.node(
        "steered",
        "apply_controlnet",
        json!({
            "conditioning": "positive.conditioning", "controlnet": "net.controlnet",
            "image": "hint.image",
        }),
        json!({}),
    );
    scene.wire("drawn", "positive", "steered.conditioning");
    scene
}

#[test]
fn outside_a_mask_a_latent_keeps_its_bits() {
    for (checkpoint, samplers) in [
        ("tiny_sd15.safetensors", ["euler", "dpmpp_2m_sde"]),
        ("tiny_sdxl.safetensors", ["uni_pc", "heun"]),
    ] {
        for sampler in samplers {
            let mut scene = Scene::of(checkpoint);
            scene.picture("there", 2);
            let board = json!({
                "width": 64, "height": 64, "size": 32, "first": "#ffffff", "second": "#000000",
            });
            scene.node("board", "checkerboard", json!({}), board);
            let channel = json!({ "channel": "red" });
            scene.node("mask", "matte_from_channel", json!({ "image": "board.image" }), channel);
            let encode = json!({ "image": "there.image", "vae": "checkpoint.vae" });
            scene.node("before", "encode_image", encode, json!({}));
            let masked = json!({ "latent": "before.latent", "mask": "mask.matte" });
            scene.node("masked", "mask_latent", masked, json!({}));
            scene.draw("drawn", "checkpoint.model", "masked.latent").set("drawn", "steps", 3);
            scene.set("drawn", "sampler", sampler).set("drawn", "denoise", 0.8);
            scene.write("before", "before.latent").write("drawn", "drawn.latent");
            let got = scene.run();
            let (before, drawn) = (&got["before"], &got["drawn"]);
            assert_eq!(before.shape, [1, 4, 8, 8]);
            for (index, (a, b)) in before.values.iter().zip(&drawn.values).enumerate() {
                let (x, y) = (index % 8 / 4, index / 8 % 8 / 4);
                if x != y {
                    assert_eq!(a.to_bits(), b.to_bits(), "{checkpoint} {sampler} at {index}");
                }
            }
            let changed = before.values.iter().zip(&drawn.values).filter(|(a, b)| a != b).count();
            assert_eq!(changed, 4 * 32, "{checkpoint} {sampler}: inside, everything is drawn");
        }
    }
}

#[test]
fn a_control_picture_of_a_batch_is_for_all_layers_of_its_drawing() {
    let mut plain = joint();
    plain.picture("one", 1).picture("two", 4);
    plain.node("hint", "batch", json!({ "images": ["one.image", "two.image"] }), json!({}));
    let mut scene = controlled(&plain);
    scene.set("empty", "batch", 2).write("all", "drawn.latent");
    for (item, hint) in ["one", "two"].into_iter().enumerate() {
        let pick = format!("pick {item}");
        let params = json!({ "first": item, "count": 1 });
        scene.node(&pick, "pick_latents", json!({ "latent": "empty.latent" }), params);
        let mut steered = scene.nodes["steered"].clone();
        steered["inputs"]["image"] = json!(format!("{hint}.image"));
        scene.nodes.insert(format!("steered {hint}"), steered);
        let mut drawn = scene.nodes["drawn"].clone();
        drawn["inputs"]["latent"] = json!(format!("{pick}.latent"));
        drawn["inputs"]["positive"] = json!(format!("steered {hint}.conditioning"));
        scene.nodes.insert(format!("drawn {hint}"), drawn);
        scene.write(hint, &format!("drawn {hint}.latent"));
    }
    let got = scene.run();
    let singles = [got["one"].values.clone(), got["two"].values.clone()].concat();
    assert!(singles == got["all"].values);
}
