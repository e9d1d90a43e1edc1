//! Builds workflows in UI format.

use serde_json::{Value, json};

/// A workflow of nodes and links, as the editor stores it. Links are `[id, from, slot, to, slot, type]`;
/// a node's inputs name them already.
pub fn ui(nodes: Vec<Value>, links: Value) -> String {
    json!({
        "last_node_id": 99, "last_link_id": 99, "version": 0.4,
        "nodes": nodes, "links": links, "groups": [], "config": {}, "extra": {},
    })
    .to_string()
}

/// A node: inputs are `[name, type, link]`, or with a fourth part the widget's name.
pub fn node(id: u64, class: &str, inputs: Value, outputs: &[&str], values: Value) -> Value {
    let slot = |slot: &Value| {
        let mut made = json!({ "name": slot[0], "type": slot[1], "link": slot[2] });
        if let Some(widget) = slot.get(3) {
            made["widget"] = json!({ "name": widget });
        }
        made
    };
    let inputs: Vec<Value> = inputs.as_array().unwrap().iter().map(slot).collect();
    let outputs: Vec<Value> =
        outputs.iter().map(|ty| json!({ "name": ty, "type": ty, "links": [] })).collect();
    json!({
        "id": id, "type": class, "pos": [0, 0], "size": [1, 1], "flags": {}, "order": id, "mode": 0,
        "inputs": inputs, "outputs": outputs, "properties": { "Node name for S&R": class },
        "widgets_values": values,
    })
}

/// The same node with a key set.
pub fn with(mut node: Value, key: &str, value: impl Into<Value>) -> Value {
    node[key] = value.into();
    node
}

/// A workflow around some nodes: a checkpoint 4, prompts 6 and 7, an empty latent 5, a sampler 3, a
/// decoder 8, a preview 9. Links 1 to 9 are theirs.
pub fn txt2img(
    change: impl Fn(u64, Value) -> Value,
    more: Vec<Value>,
    more_links: Value,
) -> String {
    let mut nodes = vec![
        node(
            4,
            "CheckpointLoaderSimple",
            json!([]),
            &["MODEL", "CLIP", "VAE"],
            json!(["a.safetensors"]),
        ),
        node(5, "EmptyLatentImage", json!([]), &["LATENT"], json!([64, 128, 1])),
        node(6, "CLIPTextEncode", json!([["clip", "CLIP", 3]]), &["CONDITIONING"], json!(["owl"])),
        node(7, "CLIPTextEncode", json!([["clip", "CLIP", 5]]), &["CONDITIONING"], json!(["dull"])),
        node(
            3,
            "KSampler",
            json!([
                ["model", "MODEL", 1],
                ["positive", "CONDITIONING", 4],
                ["negative", "CONDITIONING", 6],
                ["latent_image", "LATENT", 2]
            ]),
            &["LATENT"],
            json!([18446744073709551615u64, "randomize", 20, 8, "euler", "normal", 1]),
        ),
        node(
            8,
            "VAEDecode",
            json!([["samples", "LATENT", 7], ["vae", "VAE", 8]]),
            &["IMAGE"],
            json!([]),
        ),
        node(9, "PreviewImage", json!([["images", "IMAGE", 9]]), &[], json!([])),
    ];
    nodes = nodes.into_iter().map(|node| change(node["id"].as_u64().unwrap(), node)).collect();
    nodes.extend(more);
    let mut links = vec![
        json!([1, 4, 0, 3, 0, "MODEL"]),
        json!([2, 5, 0, 3, 3, "LATENT"]),
        json!([3, 4, 1, 6, 0, "CLIP"]),
        json!([4, 6, 0, 3, 1, "CONDITIONING"]),
        json!([5, 4, 1, 7, 0, "CLIP"]),
        json!([6, 7, 0, 3, 2, "CONDITIONING"]),
        json!([7, 3, 0, 8, 0, "LATENT"]),
        json!([8, 4, 2, 8, 1, "VAE"]),
        json!([9, 8, 0, 9, 0, "IMAGE"]),
    ];
    links.extend(more_links.as_array().unwrap().iter().cloned());
    ui(nodes, json!(links))
}
