//! Rough pictures while a sampler goes on: for looking at, and without any effect on what is drawn.

use pellucid_graph::Cancel;
use pellucid_host::{Event, Options};
use pellucid_tests::{Folder, told_findings};
use serde_json::json;

use super::scene::{SIDE, Scene, drawing};

#[test]
fn a_sampler_shows_what_it_is_drawing() {
    let mut scene = Scene::sd15();
    scene.draw("drawn", "checkpoint.model", "empty.latent").write("drawn", "drawn.latent");
    let folder = Folder::with_graph(&scene.graph());
    let previews = Some(folder.path("seen"));
    let told = folder.session(Options { previews, ..drawing(&folder) });
    let report = told.session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));

    let events = told.events.lock().unwrap();
    let shown = events.iter().filter_map(|event| match event {
        Event::Preview { node, path } => Some((node.clone(), path.clone())),
        _ => None,
    });
    // The first step is always shown, later ones when time has passed.
    let shown: Vec<_> = shown.collect();
    assert!(!shown.is_empty());
    assert!(shown.iter().all(|shown| *shown == ("drawn".into(), folder.path("seen/drawn.png"))));
    let picture =
        pellucid_pixel::files::decode(&folder.read("seen/drawn.png"), &Default::default());
    let fact = picture.unwrap().image.fact;
    assert_eq!([fact.width, fact.height], [SIDE; 2]);

    // Nobody looks: nothing is shown, and the same is drawn.
    assert!(scene.read(&folder) == scene.run());
}

#[test]
fn a_layer_is_shown_before_the_median_of_its_views() {
    let mut scene = Scene::sd15();
    let codec = json!({
        "family": "sd15", "decoder": "layer_sd15_vae_transparent_decoder.safetensors",
    });
    scene.node("codec", "load_layer_codec", json!({}), codec);
    let inputs =
        json!({ "latent": "empty.latent", "vae": "checkpoint.vae", "codec": "codec.codec" });
    scene.node("layer", "decode_layer", inputs, json!({ "augmentations": "2" }));
    scene.write("layer", "layer.image");
    let mut first = scene.clone();
    first.set("layer", "augmentations", "1");

    let folder = Folder::with_graph(&scene.graph());
    let previews = Some(folder.path("seen"));
    let told = folder.session(Options { previews, ..drawing(&folder) });
    let report = told.session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));
    let seen = pellucid_pixel::files::decode(&folder.read("seen/layer.png"), &Default::default());
    let (seen, first) = (seen.unwrap().image, first.result());
    // Alpha is what one view alone gives, to one half step of eight bits.
    let alphas = first.values.chunks(4).map(|pixel| pixel[3]);
    for (seen, wanted) in seen.pixels.iter().zip(alphas) {
        assert!((seen[3] - wanted).abs() <= 0.51 / 255.0, "{} for {wanted}", seen[3]);
    }
}
