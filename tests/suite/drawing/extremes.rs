//! The shortest and the longest of what can be drawn.

use pellucid_graph::{Budget, Cancel};
use pellucid_host::Options;
use pellucid_tests::{Folder, told_findings};
use pellucid_value::{Compute, Precision};
use serde_json::json;

use super::same_bits::joint;
use super::scene::{Scene, apart, drawing};

fn in_numbers(precision: Precision) -> impl Fn(Options) -> Options {
    let compute = Compute { precision, ..Compute::default() };
    move |options| Options { compute, ..options }
}

#[test]
fn half_the_bits_draw_nearly_the_same() {
    let plain = |mut scene: Scene| -> Scene {
        scene.draw("drawn", "checkpoint.model", "empty.latent");
        scene
    };
    for mut scene in [plain(Scene::sd15()), plain(Scene::sdxl()), joint()] {
        scene.write("drawn", "drawn.latent");
        let whole = scene.result();
        let half = scene.run_with(in_numbers(Precision::Bf16));
        let (far, zero) =
            (apart(&whole.values, &half["drawn"].values), vec![0.0; whole.values.len()]);
        let part = far / apart(&whole.values, &zero);
        // Eight bits of fraction are 0.4 % a rounding; dozens of layers add to that, and take from it.
        assert!(part > 0.0 && part < 0.03, "{part}");
    }
}

#[test]
fn numbers_that_the_processor_does_not_compute_in_are_refused() {
    let mut scene = Scene::sd15();
    scene.draw("drawn", "checkpoint.model", "empty.latent").write("drawn", "drawn.latent");
    let folder = Folder::with_graph(&scene.graph());
    let told = folder.session(in_numbers(Precision::F16)(drawing(&folder)));
    let text = told_findings(&told.session.run(&Cancel::default()));
    assert!(text.contains("does not compute in f16; use f32 or bf16"), "{text}");
}

#[test]
fn a_single_element_and_a_long_strip_can_be_drawn() {
    for (width, height) in [(8, 8), (8, 24), (1600, 8)] {
        for mut scene in [Scene::sd15(), Scene::sdxl()] {
            scene.set("empty", "width", width).set("empty", "height", height);
            scene.draw("drawn", "checkpoint.model", "empty.latent").set("drawn", "steps", 1);
            let inputs = json!({ "latent": "drawn.latent", "vae": "checkpoint.vae" });
            scene.node("seen", "decode_latent", inputs, json!({})).write("seen", "seen.image");
            let seen = scene.result();
            assert_eq!(seen.shape, [1, height as usize, width as usize, 4]);
        }
    }
}

#[test]
fn what_does_not_fit_memory_is_refused_before_it_is_drawn() {
    let mut scene = Scene::sd15();
    scene.set("empty", "width", 20_000).set("empty", "height", 20_000);
    scene.draw("drawn", "checkpoint.model", "empty.latent").write("drawn", "drawn.latent");
    let folder = Folder::with_graph(&scene.graph());
    let budget = Budget { memory: Some(1 << 30), ..Budget::default() };
    let told = folder.session(Options { budget, ..drawing(&folder) });
    let report = told.session.run(&Cancel::default());
    let text = told_findings(&report);
    assert!(!report.is_ok() && text.contains("drawn needs"), "{text}");
    assert!(text.contains("but the budget is"), "{text}");
    assert!(!report.ran.iter().any(|(name, _)| name == "drawn"));
}

#[test]
fn latents_of_no_element_are_refused() {
    let mut scene = Scene::sd15();
    let solid = json!({ "width": 7, "height": 20 });
    scene.node("thin", "solid", json!({}), solid);
    let inputs = json!({ "image": "thin.image", "vae": "checkpoint.vae" });
    scene.node("none", "encode_image", inputs, json!({})).write("none", "none.latent");
    let folder = Folder::with_graph(&scene.graph());
    let report = folder.session(drawing(&folder)).session.run(&Cancel::default());
    let text = told_findings(&report);
    assert!(text.contains("7x20") && text.contains("hint"), "{text}");
    assert!(report.ran.is_empty());
}

#[test]
fn a_prompt_of_a_hundred_kilobytes_is_encoded_in_parts() {
    let long = "a fox, ".repeat(100_000 / 7);
    let mut scene = Scene::sd15();
    scene.prompt("positive", &long).draw("drawn", "checkpoint.model", "empty.latent");
    scene.set("drawn", "steps", 1).write("drawn", "drawn.latent");
    let all = scene.result().bits();
    // The last word counts as the first does.
    scene.prompt("positive", &format!("{long}a bird"));
    assert!(scene.result().bits() != all);
}

#[test]
fn odd_prompts_are_prompts() {
    let mut scene = Scene::sd15();
    for (index, text) in [
        "",
        " ",
        "((((((((",
        "))))",
        "(:)",
        "(a:-0)",
        "\\",
        "\\(",
        "(a:",
        "embedding:",
        "\u{0}\u{1}\u{7f}",
        "\u{1f98a}\u{200d}\u{1f525}",
        "a\u{301}\u{fffd}",
        "\u{202e}fox",
        "<|endoftext|>",
        "BREAK AND [a|b]",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("prompt {index}");
        scene.prompt(&name, text);
        scene.outputs.insert(format!("{index}.safetensors"), json!(format!("{name}.conditioning")));
    }
    let folder = Folder::with_graph(&scene.graph());
    let report = folder.session(drawing(&folder)).session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let deep = format!("{}a{}", "(".repeat(7_500), ")".repeat(7_500));
    for text in ["(a:nan)", "(a:1e999)", "(a:-inf)", &deep] {
        let mut scene = Scene::sd15();
        scene.prompt("positive", text).write("positive", "positive.conditioning");
        let folder = Folder::with_graph(&scene.graph());
        let report = folder.session(drawing(&folder)).session.run(&Cancel::default());
        let told = told_findings(&report);
        assert!(told.contains("the prompt weighs `a` with"), "{told}");
        assert!(report.ran.is_empty());
    }
}

#[test]
fn prompts_of_layers_that_cannot_be_equally_long_are_refused() {
    let mut scene = joint();
    let (first, second) = ("a fox, ".repeat(2_500), "a fox, ".repeat(2_700));
    scene.prompt("fox", &first).prompt("snow", &second).write("drawn", "drawn.latent");
    let folder = Folder::with_graph(&scene.graph());
    let report = folder.session(drawing(&folder)).session.run(&Cancel::default());
    let text = told_findings(&report);
    assert!(!report.is_ok() && text.contains("equally long"), "{text}");
}
