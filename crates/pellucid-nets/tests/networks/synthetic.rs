//! Weights made from a manifest, by the rule of the manifests' description: SplitMix64 seeded with the
//! FNV-1a hash of salt and key.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use pellucid_nets::Weights;
use serde_json::Value;

/// All tensors of a manifest, in f32.
pub fn weights(manifest: &Value) -> Weights {
    let salt = manifest["salt"].as_str().unwrap();
    let tensors = manifest["tensors"].as_object().unwrap();
    let tensors: BTreeMap<String, Tensor> =
        tensors.iter().map(|(key, entry)| (key.clone(), tensor(salt, key, entry))).collect();
    check_spots(manifest, &tensors);
    Weights::from_tensors(tensors)
}

fn tensor(salt: &str, key: &str, entry: &Value) -> Tensor {
    let shape: Vec<usize> =
        entry["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let (scale, offset) = (entry["scale"].as_f64().unwrap(), entry["offset"].as_f64());
    let seed = format!("{salt}/{key}").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let value = |i: usize| {
        let z = seed.wrapping_add((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let top = ((z ^ (z >> 31)) >> 40) as i64;
        let u = (2 * top + 1 - (1 << 24)) as f64 / (1 << 24) as f64;
        (offset.unwrap_or(0.0) + scale * u) as f32
    };
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(value).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// The manifest's own check: the first values of some tensors.
fn check_spots(manifest: &Value, tensors: &BTreeMap<String, Tensor>) {
    for (key, values) in manifest["spot_first_values"].as_object().unwrap() {
        let made = tensors[key].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (made, wanted) in made.iter().zip(values.as_array().unwrap()) {
            assert_eq!(*made, wanted.as_f64().unwrap() as f32, "{key}");
        }
    }
}
