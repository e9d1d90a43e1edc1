//! What the shipped models draw: the graphs of `graphs/demo` run as they are, and what they make is what they say.

use std::collections::BTreeMap;

use pellucid_graph::Cancel;
use pellucid_host::Options;
use pellucid_tests::{Folder, Pixels, read_pixels, repository, told_findings};
use serde_json::{Value, json};

/// A graph of `graphs/demo`, its outputs as numbers.
struct Demo {
    graph: Value,
}

impl Demo {
    fn read(name: &str) -> Self {
        let path = repository().join("graphs/demo").join(name).with_extension("json");
        let mut graph: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let outputs = graph["outputs"].as_object().unwrap().iter();
        let outputs = outputs.filter(|(name, _)| name.ends_with(".png"));
        graph["outputs"] = outputs
            .map(|(name, from)| (name.replace(".png", ".safetensors"), from.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        Self { graph }
    }

    fn set(&self, param: &str, value: impl Into<Value>) -> Self {
        let mut graph = self.graph.clone();
        graph["params"][param]["default"] = value.into();
        Self { graph }
    }

    /// A folder with the graph, the graph that it may be made of, and the pictures that it names.
    fn folder(&self) -> (Folder, Options) {
        let folder = Folder::new();
        folder.write("pellucid.root", "");
        folder.write("graphs/demo/graph.json", self.graph.to_string());
        let part = std::fs::read(repository().join("graphs/demo/foreground.json")).unwrap();
        folder.write("graphs/demo/foreground.json", part);
        for picture in ["table.jpg", "meadow.jpg", "bottle.png", "heart.png", "star.png"] {
            let bytes = std::fs::read(repository().join("examples").join(picture)).unwrap();
            folder.write(&format!("examples/{picture}"), bytes);
        }
        let options = Options {
            graph: folder.path("graphs/demo/graph.json"),
            models: vec![repository().join("models")],
            ..folder.options()
        };
        (folder, options)
    }

    /// Runs it, and gives what it wrote by name.
    fn run(&self) -> BTreeMap<String, Pixels> {
        let (folder, options) = self.folder();
        let report = folder.session(options).session.run(&Cancel::default());
        assert!(report.is_ok(), "{}", told_findings(&report));
        let names = self.graph["outputs"].as_object().unwrap().keys();
        names
            .map(|name| {
                let pixels = read_pixels(&folder.path("out").join(name));
                (name.replace(".safetensors", ""), pixels)
            })
            .collect()
    }
}

fn alphas(pixels: &Pixels) -> Vec<f32> {
    pixels.values.chunks(4).map(|pixel| pixel[3]).collect()
}

/// Part of the pixels whose alpha lies in a range.
fn share(pixels: &Pixels, least: f32, most: f32) -> f64 {
    let alphas = alphas(pixels);
    let inside = alphas.iter().filter(|alpha| (least..=most).contains(*alpha)).count();
    inside as f64 / alphas.len() as f64
}

/// The mean colour where a layer is opaque enough to have one, not premultiplied.
fn colour(pixels: &Pixels) -> [f64; 3] {
    let pixels = pixels.clone().premultiplied();
    let (mut sum, mut weight) = ([0.0; 3], 0.0);
    for pixel in pixels.values.chunks(4).filter(|pixel| pixel[3] > 0.3) {
        weight += f64::from(pixel[3]);
        sum = std::array::from_fn(|i| sum[i] + f64::from(pixel[i]));
    }
    sum.map(|sum| sum / weight.max(1e-9))
}

fn apart(a: &Pixels, b: &Pixels) -> f64 {
    assert_eq!(a.shape, b.shape);
    let far = a.values.iter().zip(&b.values).map(|(a, b)| f64::from((a - b).abs()));
    far.sum::<f64>() / a.values.len() as f64
}

#[test]
fn a_prompt_becomes_a_transparent_layer_on_a_table() {
    let demo = Demo::read("foreground");
    let heart = demo.set("prompt", "a red heart").run();
    let (layer, composite) = (&heart["layer"], &heart["composite"]);
    assert_eq!(layer.shape, [1, 128, 128, 4]);
    // Mostly nothing, something solid, and something between: that is what real alpha is. Of the haze that the
    // models leave, a twentieth is taken for nothing.
    assert!(share(layer, 0.0, 0.05) > 0.5, "clear: {}", share(layer, 0.0, 0.05));
    assert!(share(layer, 0.5, 1.0) > 0.05, "solid: {}", share(layer, 0.5, 1.0));
    assert!(share(layer, 0.05, 0.95) > 0.02, "soft: {}", share(layer, 0.05, 0.95));
    // A glow is softer than a heart.
    let orb = &demo.run()["layer"];
    assert!(share(orb, 0.1, 0.9) > 1.5 * share(layer, 0.1, 0.9), "{}", share(orb, 0.1, 0.9));
    assert_eq!(share(composite, 1.0, 1.0), 1.0);
}

#[test]
fn colours_of_prompts_are_colours_of_layers() {
    let demo = Demo::read("foreground");
    let ball = |name: &str| colour(&demo.set("prompt", format!("a {name} ball")).run()["layer"]);
    let (red, green, blue) = (ball("red"), ball("green"), ball("blue"));
    assert!(red[0] > red[1] && red[0] > red[2], "red: {red:?}");
    assert!(green[1] > green[0] && green[1] > green[2], "green: {green:?}");
    assert!(blue[2] > blue[0] && blue[2] > blue[1], "blue: {blue:?}");
}

#[test]
fn all_demo_graphs_run() {
    let folder = repository().join("graphs/demo");
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().replace(".json", "");
        if name == "contact_sheet" {
            // Twelve times what `foreground` is.
            let (folder, options) = Demo::read(&name).folder();
            assert!(folder.session(options).session.check().is_sound());
            continue;
        }
        for (output, pixels) in Demo::read(&name).run() {
            let finite = pixels.values.iter().all(|value| value.is_finite());
            assert!(finite && !pixels.values.is_empty(), "{name}: {output}");
        }
    }
}

#[test]
fn a_foreground_for_a_background_is_a_layer_of_what_is_asked_for() {
    let demo = Demo::read("foreground_for_background");
    let draw = |prompt: &str| {
        let demo = demo.set("prompt", prompt);
        demo.set("blend", format!("{prompt} on a wooden table")).run()
    };
    let (red, blue) = (draw("a red heart"), draw("a blue ball"));
    let layer = &red["foreground"];
    assert!(share(layer, 0.0, 0.05) > 0.4, "clear: {}", share(layer, 0.0, 0.05));
    assert!(share(layer, 0.5, 1.0) > 0.03, "solid: {}", share(layer, 0.5, 1.0));
    let (red, blue) = (colour(layer), colour(&blue["foreground"]));
    assert!(red[0] > red[2] && blue[2] > blue[0], "{red:?} {blue:?}");
}

#[test]
fn two_stages_give_a_layer_for_a_background_and_a_background_for_a_layer() {
    let demo = Demo::read("foreground_in_two_stages");
    let made = demo.run();
    let layer = &made["foreground"];
    assert!(share(layer, 0.0, 0.05) > 0.4, "clear: {}", share(layer, 0.0, 0.05));
    assert!(share(layer, 0.5, 1.0) > 0.03, "solid: {}", share(layer, 0.5, 1.0));
    let red = colour(layer);
    assert!(red[0] > 2.0 * red[1] && red[0] > 2.0 * red[2], "{red:?}");

    // What is taken out of the blend is not there any more: the red heart.
    let made = Demo::read("background_in_two_stages").run();
    let reds = |pixels: &Pixels| {
        let is_red = |p: &&[f32]| p[0] > 2.0 * p[1] && p[0] > 0.3;
        pixels.values.chunks(4).filter(is_red).count()
    };
    let (blend, background) = (reds(&made["blend"]), reds(&made["background"]));
    assert!(blend > 500 && background < blend / 10, "{blend} red pixels, then {background}");
}

#[test]
fn a_patch_makes_layers_of_what_the_model_would_draw_with_its_surroundings() {
    let demo = Demo::read("layer_patch");
    let clear = |weight: f64| share(&demo.set("weight", weight).run()["layer"], 0.0, 0.05);
    let (with, without) = (clear(1.0), clear(0.0));
    assert!(with > 0.4 && without < with / 2.0, "{with} and {without} of the pixels are clear");
}

#[test]
fn edges_are_followed_as_far_as_they_are_asked_to() {
    let demo = Demo::read("guided_foreground");
    let heart = &demo.run()["layer"];
    let star = &demo.set("shape", "../../examples/star.png").run()["layer"];
    let free = &demo.set("strength", 0.0).run()["layer"];
    assert!(apart(heart, star) > 0.005, "{}", apart(heart, star));
    let mut plain = Demo::read("guided_foreground");
    plain.graph["nodes"]["draw"]["inputs"]["positive"] = json!("want.conditioning");
    // Strength 0 is none, bit for bit.
    assert!(plain.run()["layer"].values == free.values);
}
