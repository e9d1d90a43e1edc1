//! Weights made from a manifest.

use std::path::Path;

use pellucid_nets::Weights;
use pellucid_synthetic::{Choice, Manifest, safetensors};
use serde_json::Value;

/// All tensors of a manifest; checked against the first values that it quotes.
pub fn weights(manifest: &Value) -> Weights {
    let mut named = manifest.clone();
    named["name"] = Value::from("fixture");
    let parsed: Manifest = serde_json::from_value(named).unwrap();
    let bytes = safetensors(&parsed, &Choice::default()).unwrap();
    let weights = Weights::from_bytes(Path::new("fixture"), bytes).unwrap();
    for (key, values) in manifest["spot_first_values"].as_object().into_iter().flatten() {
        let made = weights.plain(key).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (made, wanted) in made.iter().zip(values.as_array().unwrap()) {
            assert_eq!(*made, wanted.as_f64().unwrap() as f32, "{key}");
        }
    }
    weights
}
