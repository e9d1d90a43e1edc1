//! Whatever is wired to a sampler counts: without a change of the result there would be a wire
//! that nobody follows, as happens in programs that leave out files they do not understand.

use serde_json::json;

use super::same_bits::controlled;
use super::scene::{SIDE, Scene};

/// The result of a scene, and that it is none of those before.
fn differs(scene: &Scene, what: &str, seen: &mut Vec<(String, Vec<u32>)>) {
    let result = scene.result();
    assert!(result.values.iter().all(|v| v.is_finite()), "{what}");
    let bits = result.bits();
    if let Some((other, _)) = seen.iter().find(|(_, other)| *other == bits) {
        panic!("{what} draws the same as {other}");
    }
    seen.push((what.to_owned(), bits));
}

#[test]
fn every_setting_of_a_controlnet_counts() {
    let mut plain = Scene::sd15();
    plain.picture("hint", 1).draw("drawn", "checkpoint.model", "empty.latent");
    plain.set("drawn", "steps", 3).write("drawn", "drawn.latent");
    let mut seen = Vec::new();
    differs(&plain, "no ControlNet", &mut seen);
    let control = controlled(&plain);
    differs(&control, "a ControlNet", &mut seen);
    let changed = |change: &dyn Fn(&mut Scene)| {
        let mut scene = control.clone();
        change(&mut scene);
        scene
    };
    let picture = changed(&|scene| _ = scene.picture("hint", 4));
    differs(&picture, "another picture", &mut seen);
    let weaker = changed(&|scene| _ = scene.set("steered", "strength", 0.5));
    differs(&weaker, "half the strength", &mut seen);
    let late = changed(&|scene| _ = scene.set("steered", "start", 0.5));
    differs(&late, "the second half", &mut seen);
    let early = changed(&|scene| _ = scene.set("steered", "end", 0.5));
    differs(&early, "the first half", &mut seen);
    let both = changed(&|scene| _ = scene.set("steered", "also_negative", true));
    differs(&both, "both prompts", &mut seen);
    let twice = changed(&|scene| {
        let steered = json!({
            "conditioning": "steered.conditioning", "controlnet": "net.controlnet",
            "image": "hint.image",
        });
        scene.node("again", "apply_controlnet", steered, json!({}));
        scene.wire("drawn", "positive", "again.conditioning");
    });
    differs(&twice, "two of them", &mut seen);
}

#[test]
fn the_sort_of_a_union_controlnets_picture_counts() {
    let mut scene = Scene::sdxl();
    scene.picture("hint", 1).draw("drawn", "checkpoint.model", "empty.latent");
    scene.set("drawn", "steps", 3).write("drawn", "drawn.latent");
    let mut seen = Vec::new();
    differs(&scene, "no ControlNet", &mut seen);
    let mut scene = controlled(&scene);
    let untold = scene.set("net", "file", "tiny_union_sdxl.safetensors").result().bits();
    let union = json!({ "controlnet": "net.controlnet" });
    scene.node("told", "controlnet_sort", union, json!({ "sort": "auto" }));
    scene.wire("steered", "controlnet", "told.controlnet");
    differs(&scene, "no sort", &mut seen);
    assert!(seen[1].1 == untold, "`auto` is what a union ControlNet does by itself");
    for sort in ["pose", "depth", "soft_edge", "line", "normal", "segmentation"] {
        differs(scene.set("told", "sort", sort), sort, &mut seen);
    }
    // A ControlNet for one sort of picture is what it is.
    scene.set("net", "file", "tiny_control_sdxl.safetensors");
    let told = scene.result().bits();
    assert!(told == scene.set("told", "sort", "auto").result().bits());
}

#[test]
fn every_file_and_setting_of_a_foreground_counts() {
    let mut plain = Scene::sdxl();
    plain.draw("drawn", "checkpoint.model", "empty.latent").set("drawn", "steps", 3);
    plain.write("drawn", "drawn.latent");
    let mut seen = Vec::new();
    differs(&plain, "no layer model", &mut seen);
    for file in ["layer_xl_transparent_attn", "layer_xl_transparent_conv", "ld_diffusers_sdxl_attn"]
    {
        for (setting, params) in [
            ("as it is", json!({})),
            ("at half its weight", json!({ "weight": 0.5 })),
            ("against its sense", json!({ "weight": -1 })),
            ("for the first half", json!({ "stop_at": 0.5 })),
        ] {
            let mut scene = plain.clone();
            let mut params = params;
            params["file"] = json!(format!("{file}.safetensors"));
            scene.node("layer", "layer_foreground", json!({ "model": "checkpoint.model" }), params);
            scene.wire("drawn", "model", "layer.model");
            differs(&scene, &format!("{file} {setting}"), &mut seen);
        }
    }
    let mut stopped = plain.clone();
    let params = json!({ "file": "layer_xl_transparent_attn.safetensors", "stop_at": 0 });
    stopped.node("layer", "layer_foreground", json!({ "model": "checkpoint.model" }), params);
    stopped.wire("drawn", "model", "layer.model");
    assert!(stopped.result().bits() == plain.result().bits(), "what ends at once is not there");
}

#[test]
fn every_given_layer_and_setting_counts() {
    for (file, with_blend) in [
        ("layer_xl_fg2ble", false),
        ("layer_xl_bg2ble", false),
        ("layer_xl_fgble2bg", true),
        ("layer_xl_bgble2fg", true),
    ] {
        let scene = given(file, with_blend);
        let mut seen = Vec::new();
        differs(&scene, file, &mut seen);
        let mut changed = |what: &str, change: &dyn Fn(&mut Scene)| {
            let mut scene = scene.clone();
            change(&mut scene);
            differs(&scene, &format!("{file} with {what}"), &mut seen);
        };
        changed("another layer", &|scene| _ = scene.picture("layer", 5));
        changed("half the weight", &|scene| _ = scene.set("looks", "weight", 0.5));
        changed("an early end", &|scene| _ = scene.set("looks", "stop_at", 0.5));
        if with_blend {
            changed("another blend", &|scene| _ = scene.picture("both", 6));
        }
    }
}

#[test]
fn every_change_of_a_model_counts() {
    let mut plain = Scene::sd15();
    plain.draw("drawn", "checkpoint.model", "empty.latent").write("drawn", "drawn.latent");
    let mut seen = Vec::new();
    differs(&plain, "the model", &mut seen);
    let lora =
        |strength: f64| json!({ "file": "tiny_lora_sd15.safetensors", "strength": strength });
    for (what, kind, params) in [
        ("a LoRA", "apply_lora", lora(1.0)),
        ("half a LoRA", "apply_lora", lora(0.5)),
        ("less than no LoRA", "apply_lora", lora(-1.0)),
        ("FreeU", "free_u", json!({})),
        ("FreeU of deep features", "free_u", json!({ "b2": 1, "s1": 1, "s2": 1 })),
        ("FreeU of middle features", "free_u", json!({ "b1": 1, "s1": 1, "s2": 1 })),
        ("FreeU of deep skips", "free_u", json!({ "b1": 1, "b2": 1, "s2": 1 })),
        ("FreeU of middle skips", "free_u", json!({ "b1": 1, "b2": 1, "s1": 1 })),
        ("velocity", "model_sampling", json!({ "predicts": "velocity" })),
        ("velocity to no signal", "model_sampling", json!({ "predicts": "velocity_zero_snr" })),
        ("rescaled guidance", "rescale_cfg", json!({})),
        ("half rescaled guidance", "rescale_cfg", json!({ "share": 0.35 })),
        (
            "a layer model",
            "layer_foreground",
            json!({ "file": "layer_sd15_transparent_attn.safetensors" }),
        ),
    ] {
        let mut scene = plain.clone();
        scene.node("changed", kind, json!({ "model": "checkpoint.model" }), params);
        scene.wire("drawn", "model", "changed.model");
        differs(&scene, what, &mut seen);
    }
    for (what, kind, params) in [
        ("other encoders", "apply_clip_lora", lora(1.0)),
        ("encoders that stop early", "clip_skip", json!({ "layers": 2 })),
    ] {
        let mut scene = plain.clone();
        scene.node("changed", kind, json!({ "clip": "checkpoint.clip" }), params);
        scene.wire("positive", "clip", "changed.clip");
        differs(&scene, what, &mut seen);
    }
}

/// SDXL with layers before its eyes.
fn given(file: &str, with_blend: bool) -> Scene {
    let mut scene = Scene::sdxl();
    scene.picture("layer", 1).picture("both", 2);
    for (name, image) in [("given", "layer.image"), ("blend", "both.image")] {
        let inputs = json!({ "image": image, "vae": "checkpoint.vae" });
        scene.node(name, "encode_condition", inputs, json!({}));
    }
    let inputs = json!({
        "model": "checkpoint.model", "given": "given.latent",
        "positive": "positive.conditioning", "negative": "negative.conditioning",
    });
    let params = json!({ "file": format!("{file}.safetensors") });
    scene.node("looks", "layer_conditioned", inputs, params);
    if with_blend {
        scene.wire("looks", "blend", "blend.latent");
    }
    scene.draw("drawn", "looks.model", "empty.latent").set("drawn", "steps", 3);
    scene.wire("drawn", "positive", "looks.positive").wire("drawn", "negative", "looks.negative");
    scene.write("drawn", "drawn.latent");
    scene
}

#[test]
fn every_prompt_region_and_time_counts() {
    let mut plain = Scene::sd15();
    plain.prompt("other", "a blue bird").draw("drawn", "checkpoint.model", "empty.latent");
    plain.set("drawn", "steps", 3).write("drawn", "drawn.latent");
    let mut seen = Vec::new();
    differs(&plain, "one prompt", &mut seen);
    plain.picture("shade", 3);
    let channel = json!({ "channel": "red" });
    plain.node("matte", "matte_from_channel", json!({ "image": "shade.image" }), channel);
    let other = json!({ "conditioning": "other.conditioning" });
    let masked = json!({ "conditioning": "other.conditioning", "mask": "matte.matte" });
    let area = |x: u32, strength: f64| json!({ "x": x, "y": 0, "width": SIDE / 2, "height": SIDE, "strength": strength });
    for (what, kind, inputs, params) in [
        ("a left half", "conditioning_area", &other, area(0, 1.0)),
        ("a right half", "conditioning_area", &other, area(SIDE / 2, 1.0)),
        ("a strong half", "conditioning_area", &other, area(0, 3.0)),
        ("a mask", "conditioning_mask", &masked, json!({})),
        ("a strong mask", "conditioning_mask", &masked, json!({ "strength": 3 })),
        ("an early prompt", "conditioning_window", &other, json!({ "end": 0.5 })),
        ("a late prompt", "conditioning_window", &other, json!({ "start": 0.5 })),
    ] {
        let mut scene = plain.clone();
        scene.node("limited", kind, inputs.clone(), params);
        let both = json!({ "a": "positive.conditioning", "b": "limited.conditioning" });
        scene.node("both", "combine_conditioning", both, json!({}));
        scene.wire("drawn", "positive", "both.conditioning");
        differs(&scene, what, &mut seen);
    }
}
