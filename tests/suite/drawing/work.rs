//! What is computed again, and what is not.

use pellucid_host::{CacheChoice, Options};
use pellucid_tests::Folder;
use serde_json::json;

use super::same_bits::joint;
use super::scene::{Scene, drawing};

/// Layers drawn together, decoded, and composited with some opacity.
fn composited() -> Scene {
    let mut scene = joint();
    let codec = json!({
        "family": "sd15", "decoder": "layer_sd15_vae_transparent_decoder.safetensors",
    });
    scene.node("codec", "load_layer_codec", json!({}), codec);
    scene.node(
        "decoded",
        "decode_joint",
        json!({ "latent": "drawn.latent", "vae": "checkpoint.vae", "codec": "codec.codec" }),
        json!({ "augmentations": "1" }),
    );
    let merge = json!({ "bg": "decoded.background", "fg": "decoded.foreground" });
    scene.node("composite", "merge", merge, json!({ "opacity": 0.5 }));
    scene.write("composite", "composite.image");
    scene
}

#[test]
fn a_changed_composite_draws_nothing_again() {
    let mut scene = composited();
    let folder = Folder::with_graph(&scene.graph());
    let told = folder.session(drawing(&folder));
    assert!(told.ran().contains(&"drawn".to_owned()));
    let before = scene.read(&folder);
    scene.set("composite", "opacity", 0.75);
    folder.write("graph.json", scene.graph().to_string());
    assert_eq!(told.ran(), ["composite"]);
    assert_ne!(scene.read(&folder), before);
    // A seed draws again, but encodes no prompt again.
    scene.set("drawn", "seed", 6);
    folder.write("graph.json", scene.graph().to_string());
    assert_eq!(told.ran(), ["composite", "decoded", "drawn"]);
}

#[test]
fn a_restart_draws_nothing_again() {
    let mut scene = composited();
    let folder = Folder::with_graph(&scene.graph());
    let cache = CacheChoice::Dir(folder.path("cache"), 1 << 30);
    let restarted = || folder.session(Options { cache: cache.clone(), ..drawing(&folder) });
    assert!(restarted().ran().contains(&"drawn".to_owned()));
    let before = scene.read(&folder);
    assert_eq!(restarted().ran(), Vec::<String>::new());
    assert_eq!(scene.read(&folder), before);
    // What is behind the costly nodes is computed from what they left on disk.
    scene.set("composite", "opacity", 0.75);
    folder.write("graph.json", scene.graph().to_string());
    assert_eq!(restarted().ran(), ["composite"]);
}
