//! Graphs that draw, built step by step.

use std::collections::BTreeMap;

use pellucid_graph::Cancel;
use pellucid_host::Options;
use pellucid_tests::{Folder, Numbers, models, read_numbers, told_findings};
use serde_json::{Map, Value, json};

/// A graph in the making.
#[derive(Clone)]
pub struct Scene {
    pub nodes: Map<String, Value>,
    pub outputs: Map<String, Value>,
}

/// The size of what is drawn, in pixels; the deepest level of a network still has some elements.
pub const SIDE: u32 = 64;

impl Scene {
    /// Nothing.
    pub fn empty() -> Self {
        Self { nodes: Map::new(), outputs: Map::new() }
    }

    /// A checkpoint, two prompts, and an empty latent.
    pub fn of(checkpoint: &str) -> Self {
        let mut scene = Self::empty();
        scene.node("checkpoint", "load_checkpoint", json!({}), json!({ "file": checkpoint }));
        scene.prompt("positive", "a red fox");
        scene.prompt("negative", "blurry");
        scene.node("empty", "empty_latent", json!({}), json!({ "width": SIDE, "height": SIDE }));
        scene
    }

    pub fn sd15() -> Self {
        Self::of("tiny_sd15.safetensors")
    }

    pub fn sdxl() -> Self {
        Self::of("tiny_sdxl.safetensors")
    }

    /// Adds a node, or puts another in its place.
    pub fn node(&mut self, name: &str, kind: &str, inputs: Value, params: Value) -> &mut Self {
        let node = json!({ "kind": kind, "inputs": inputs, "params": params });
        self.nodes.insert(name.to_owned(), node);
        self
    }

    pub fn prompt(&mut self, name: &str, text: &str) -> &mut Self {
        let clip = json!({ "clip": "checkpoint.clip" });
        self.node(name, "encode_prompt", clip, json!({ "text": text }))
    }

    pub fn set(&mut self, node: &str, param: &str, value: impl Into<Value>) -> &mut Self {
        self.nodes[node]["params"][param] = value.into();
        self
    }

    pub fn wire(&mut self, node: &str, input: &str, wire: &str) -> &mut Self {
        self.nodes[node]["inputs"][input] = json!(wire);
        self
    }

    /// A sampler of two steps on the model and latent of that wire.
    pub fn draw(&mut self, name: &str, model: &str, latent: &str) -> &mut Self {
        let inputs = json!({
            "model": model, "latent": latent,
            "positive": "positive.conditioning", "negative": "negative.conditioning",
        });
        let params = json!({
            "seed": 5, "steps": 2, "cfg": 3, "sampler": "euler", "schedule": "normal",
        });
        self.node(name, "ksampler", inputs, params)
    }

    /// A picture that no other seed gives, opaque.
    pub fn picture(&mut self, name: &str, seed: u32) -> &mut Self {
        let shade = f64::from(seed % 7) / 7.0;
        self.node(
            name,
            "gradient",
            json!({}),
            json!({
                "width": SIDE, "height": SIDE, "shape": "radial", "centre": [shade, 0.4],
                "from": [shade, 0.2, 0.9, 1.0], "to": [0.9, 1.0 - shade, 0.1, 1.0],
            }),
        )
    }

    /// Writes a wire to `NAME.safetensors`.
    pub fn write(&mut self, name: &str, wire: &str) -> &mut Self {
        self.outputs.insert(format!("{name}.safetensors"), json!(wire));
        self
    }

    pub fn graph(&self) -> Value {
        json!({ "nodes": self.nodes, "outputs": self.outputs })
    }

    /// What its outputs are, by name.
    pub fn run(&self) -> BTreeMap<String, Numbers> {
        self.run_with(|options| options)
    }

    pub fn run_with(&self, change: impl Fn(Options) -> Options) -> BTreeMap<String, Numbers> {
        let folder = Folder::with_graph(&self.graph());
        let told = folder.session(change(drawing(&folder)));
        let report = told.session.run(&Cancel::default());
        assert!(report.is_ok(), "{}", told_findings(&report));
        self.read(&folder)
    }

    /// What was written in a folder by a run.
    pub fn read(&self, folder: &Folder) -> BTreeMap<String, Numbers> {
        let read = |file: &String| {
            let name = file.trim_end_matches(".safetensors").to_owned();
            (name, read_numbers(&folder.path("out").join(file)))
        };
        self.outputs.keys().map(read).collect()
    }

    /// The only output.
    pub fn result(&self) -> Numbers {
        self.run().into_values().next().unwrap()
    }
}

/// Usual options with the models of the suite.
pub fn drawing(folder: &Folder) -> Options {
    Options { models: vec![models()], ..folder.options() }
}

/// The root of the mean square of differences.
pub fn apart(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    (sum / a.len() as f64).sqrt()
}
