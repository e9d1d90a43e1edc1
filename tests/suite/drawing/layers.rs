//! Layers that are drawn together: what is said to one of them reaches it first of all.
//!
//! The frames share their attentions, so a change for one may change the others too; the tests
//! say that it changes the chosen one the most. Without shared attentions frames cannot be.

use pellucid_tests::Numbers;
use serde_json::json;

use super::same_bits::{controlled, joint};
use super::scene::{Scene, apart};

/// How far every frame moved.
fn moved(before: &Numbers, after: &Numbers) -> Vec<f64> {
    assert_eq!(before.shape, after.shape);
    (0..before.shape[0]).map(|frame| apart(before.item(frame), after.item(frame))).collect()
}

/// That a frame moved, and no other as far.
fn moves_most(moved: &[f64], frame: usize, what: &str) {
    let others = moved.iter().enumerate().filter(|(other, _)| *other != frame);
    let far = others.map(|(_, far)| *far).fold(0.0, f64::max);
    assert!(moved[frame] > far, "{what}: frame {frame} of {moved:?}");
}

#[test]
fn the_prompt_of_a_layer_is_for_that_layer() {
    let mut scene = joint();
    scene.prompt("all", "both of them").wire("shared", "blend", "all.conditioning");
    scene.write("drawn", "drawn.latent");
    let before = scene.result();
    assert_eq!(before.shape[0], 3);
    for (frame, prompt) in ["fox", "snow", "all"].into_iter().enumerate() {
        let mut changed = scene.clone();
        changed.prompt(prompt, "a very old stone tower by the sea");
        moves_most(&moved(&before, &changed.result()), frame, prompt);
    }
    // A layer without a prompt of its own draws what the sampler is told.
    let mut changed = scene.clone();
    changed.nodes["shared"]["inputs"] = json!({ "model": "checkpoint.model" });
    changed.write("drawn", "drawn.latent");
    let shared = changed.result();
    changed.prompt("positive", "a green hill");
    assert!(moved(&shared, &changed.result()).iter().all(|far| *far > 0.0));
}

#[test]
fn a_prompt_that_every_layer_has_makes_the_sampler_s_needless() {
    let mut scene = joint();
    scene.prompt("all", "both of them").wire("shared", "blend", "all.conditioning");
    scene.write("drawn", "drawn.latent");
    let before = scene.result();
    scene.prompt("positive", "a green hill");
    assert!(scene.result().bits() == before.bits());
    scene.prompt("negative", "a green hill");
    assert!(scene.result().bits() != before.bits(), "the negative prompt counts for all");
}

#[test]
fn a_controlnet_for_one_layer_steers_that_layer() {
    let mut plain = joint();
    plain.picture("hint", 1).write("drawn", "drawn.latent");
    let before = plain.result();
    let mut seen = Vec::new();
    for (frame, layer) in ["first", "second", "third"].into_iter().enumerate() {
        let mut scene = controlled(&plain);
        scene.set("steered", "layer", layer);
        let after = scene.result();
        moves_most(&moved(&before, &after), frame, layer);
        seen.push(after.bits());
        // The picture counts where the net does.
        scene.picture("hint", 4);
        moves_most(&moved(&after, &scene.result()), frame, layer);
    }
    let all = controlled(&plain).result();
    assert!(moved(&before, &all).iter().all(|far| *far > 0.0));
    assert!(!seen.contains(&all.bits()));
    assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
}

/// A background for a given foreground, or the other way round.
fn given(file: &str) -> Scene {
    let mut scene = Scene::sd15();
    scene.set("empty", "frames", 2).picture("layer", 2).prompt("new", "a new layer");
    scene.prompt("all", "both of them");
    let inputs = json!({
        "model": "checkpoint.model", "image": "layer.image",
        "layer": "new.conditioning", "blend": "all.conditioning",
    });
    scene.node("shared", "layer_given", inputs, json!({ "file": file }));
    scene.draw("drawn", "shared.model", "empty.latent").write("drawn", "drawn.latent");
    scene
}

#[test]
fn a_given_layer_and_both_prompts_count() {
    for file in ["layer_sd15_fg2bg.safetensors", "layer_sd15_bg2fg.safetensors"] {
        let scene = given(file);
        let before = scene.result();
        let mut other = scene.clone();
        other.picture("layer", 5);
        let far = moved(&before, &other.result());
        assert!(far.iter().all(|far| *far > 0.0), "{file}: the given layer: {far:?}");
        for (frame, prompt) in ["new", "all"].into_iter().enumerate() {
            let mut changed = scene.clone();
            changed.prompt(prompt, "a very old stone tower by the sea");
            moves_most(&moved(&before, &changed.result()), frame, prompt);
        }
    }
}

#[test]
fn frames_in_a_batch_are_frames_of_a_latent() {
    let mut scene = joint();
    scene.set("empty", "batch", 2).write("axis", "drawn.latent");
    let empty = json!({ "width": 64, "height": 64, "batch": 6 });
    scene.node("flat", "empty_latent", json!({}), empty);
    let mut drawn = scene.nodes["drawn"].clone();
    drawn["inputs"]["latent"] = json!("flat.latent");
    drawn["params"]["frames_in_batch"] = json!(true);
    scene.nodes.insert("flat drawn".into(), drawn);
    scene.write("flat", "flat drawn.latent");
    let got = scene.run();
    assert_eq!(got["axis"], got["flat"]);
}
