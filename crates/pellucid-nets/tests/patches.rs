//! What patches do to single weights, and that none is left out in silence.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]

mod support;

use std::path::Path;

use candle_core::{Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::patch::{
    Delta, Factors, Targets, diffusers_offsets, layer_diffuse_patches, lora_patches,
};
use pellucid_synthetic::{Choice, read_manifest, safetensors};
use serde_json::Value;

fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), shape, &Device::Cpu).unwrap()
}

fn in_memory(tensors: &[(&str, Tensor)]) -> Weights {
    let named = tensors.iter().map(|(key, tensor)| ((*key).to_owned(), tensor.clone()));
    Weights::from_tensors(named.collect())
}

fn values(weights: &Weights, key: &str) -> Vec<f32> {
    weights.plain(key).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn a_layer_patch_grows_the_first_convolution_with_zeros() {
    let unet = in_memory(&[("conv.weight", tensor(&[1.0, 2.0], &[2, 1, 1, 1]))]);
    let diff = tensor(&[10.0, 20.0, 30.0, 40.0], &[2, 2, 1, 1]);
    let file = in_memory(&[("diffusion_model.conv.weight::diff::0", diff)]);
    let patches = layer_diffuse_patches(&file, 0.5).unwrap();
    let patched = unet.with_patches(patches).unwrap();
    assert_eq!(patched.shape("conv.weight"), Some(&[2, 2, 1, 1][..]));
    assert_eq!(values(&patched, "conv.weight"), [6.0, 10.0, 17.0, 20.0]);
    // Even a strength of nothing makes the room for the channels.
    let patches = layer_diffuse_patches(&file, 0.0).unwrap();
    let patched = unet.with_patches(patches).unwrap();
    assert_eq!(values(&patched, "conv.weight"), [1.0, 0.0, 2.0, 0.0]);
}

#[test]
fn a_layer_patch_has_no_alpha() {
    let unet = in_memory(&[("q.weight", tensor(&[0.0; 4], &[2, 2]))]);
    let file = in_memory(&[
        ("diffusion_model.q.weight::lora::0", tensor(&[1.0, 2.0], &[2, 1])),
        ("diffusion_model.q.weight::lora::1", tensor(&[3.0, 4.0], &[1, 2])),
    ]);
    let patched = unet.with_patches(layer_diffuse_patches(&file, 1.0).unwrap()).unwrap();
    assert_eq!(values(&patched, "q.weight"), [3.0, 4.0, 6.0, 8.0]);
}

#[test]
fn an_unknown_kind_of_patch_is_an_error_that_names_it() {
    for key in
        ["diffusion_model.q.weight::glora::0", "diffusion_model.q.weight::lora::7", "q.weight"]
    {
        let file = in_memory(&[(key, tensor(&[1.0], &[1, 1]))]);
        let error = layer_diffuse_patches(&file, 1.0).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
    let clip = in_memory(&[("text_model.a.weight", tensor(&[1.0], &[1, 1]))]);
    let targets = Targets { clip_l: Some(&clip), ..Targets::default() };
    for key in ["lora_te_text_model_a.oft_blocks", "lora_te_text_model_a.lora_up.weight"] {
        let file = in_memory(&[(key, tensor(&[1.0], &[1, 1]))]);
        let error = lora_patches(&file, &targets, 1.0, 1.0).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn a_patch_of_another_shape_is_refused_before_anything_is_read() {
    let unet = in_memory(&[("q.weight", tensor(&[0.0; 4], &[2, 2]))]);
    let file = in_memory(&[("q.weight::diff::0", tensor(&[1.0], &[1, 1]))]);
    let patches = layer_diffuse_patches(&file, 1.0).unwrap();
    let error = unet.with_patches(patches).unwrap_err().to_string();
    assert!(error.contains("`q.weight`") && error.contains("[1, 1]"), "{error}");
    let file = in_memory(&[("elsewhere::diff::0", tensor(&[1.0], &[1, 1]))]);
    let patches = layer_diffuse_patches(&file, 1.0).unwrap();
    assert!(unet.with_patches(patches).unwrap_err().to_string().contains("`elsewhere`"));
}

#[test]
fn every_layer_patch_fits_its_model() {
    let Some(folder) = support::shared("manifests") else { return };
    let open = |name: &str| {
        let manifest = read_manifest(&folder.join(format!("{name}.json"))).unwrap();
        let file = safetensors(&manifest, &Choice::default()).unwrap();
        Weights::from_bytes(Path::new(name), file).unwrap()
    };
    let unet = open("tiny_sdxl_checkpoint").under("model.diffusion_model");
    let first = "input_blocks.0.0.weight";
    for (name, channels, patched) in [
        ("tiny_layer_xl_transparent_attn", 4, 136),
        ("tiny_layer_xl_transparent_conv", 4, 510),
        ("tiny_layer_xl_fg2ble", 8, 206),
        ("tiny_layer_xl_bg2ble", 8, 206),
        ("tiny_layer_xl_fgble2bg", 12, 206),
        ("tiny_layer_xl_bgble2fg", 12, 510),
    ] {
        let patches = layer_diffuse_patches(&open(name), 1.0).unwrap();
        assert_eq!(patches.len(), patched, "{name}");
        let with = unet.with_patches(patches).unwrap();
        assert_eq!(with.shape(first).unwrap()[1], channels, "{name}");
        assert!(with.plain(first).is_ok() && with.non_finite().unwrap().is_empty());
    }
    for (name, patched) in
        [("tiny_ld_diffusers_sdxl_attn", 136), ("tiny_ld_diffusers_sdxl_conv", 510)]
    {
        let patches = diffusers_offsets(&open(name), &unet, 1.0).unwrap();
        assert_eq!(patches.len(), patched, "{name}");
        unet.with_patches(patches).unwrap();
    }
}

#[test]
fn a_tucker_pair_is_the_sum_over_both_ranks() {
    // made[p, r] = sum over i, j of core[i, j] b[j, r] a[i, p]: core = [[1, 2], [3, 4]],
    // a = [[1], [10]], b = [[1], [100]] gives 1 + 2*100 + 3*10 + 4*1000 = 4231.
    let unet = in_memory(&[("text_model.a.weight", tensor(&[0.0], &[1, 1, 1, 1]))]);
    let targets = Targets { clip_l: Some(&unet), ..Targets::default() };
    let layer = "lora_te_text_model_a";
    let one = tensor(&[1.0], &[1, 1]);
    let named = [
        ("hada_t1", tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2, 1, 1])),
        ("hada_w1_a", tensor(&[1.0, 10.0], &[2, 1])),
        ("hada_w1_b", tensor(&[1.0, 100.0], &[2, 1])),
        ("hada_t2", tensor(&[1.0], &[1, 1, 1, 1])),
        ("hada_w2_a", one.clone()),
        ("hada_w2_b", one),
    ];
    let named = named.map(|(end, tensor)| (format!("{layer}.{end}"), tensor));
    let file = Weights::from_tensors(named.into());
    let patches = lora_patches(&file, &targets, 1.0, 1.0).unwrap();
    let patched = unet.with_patches(patches.clip_l).unwrap();
    assert_eq!(values(&patched, "text_model.a.weight"), [4231.0]);
}

#[test]
fn a_layer_patch_file_is_parsed_as_by_its_authors() {
    let Some(folder) = support::shared("fixtures/units/08_layerdiffuse") else { return };
    let text = std::fs::read_to_string(folder.join("patch_dict.json")).unwrap();
    let expected: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    let mut tensors = Vec::new();
    for (key, entry) in &expected {
        for (index, slot) in entry["slots"].as_array().unwrap().iter().enumerate() {
            let Some(shape) = slot.as_array() else { continue };
            let shape: Vec<usize> =
                shape.iter().map(|size| size.as_u64().unwrap() as usize).collect();
            let name = format!("{key}::{}::{index}", entry["type"].as_str().unwrap());
            tensors.push((name, tensor(&vec![1.0; shape.iter().product()], &shape)));
        }
    }
    let file = Weights::from_tensors(tensors.into_iter().collect());
    let patches = layer_diffuse_patches(&file, 1.0).unwrap();
    assert_eq!(patches.len(), expected.len());
    for (key, patch) in patches {
        let entry = &expected[&format!("diffusion_model.{key}")];
        let (kind, shapes) = match &patch.delta {
            Delta::AddPadded(operand) => ("diff", vec![operand.shape()]),
            Delta::Factors { factors, scale: 1.0, norms: None } => match &**factors {
                Factors::LowRank { up, down, middle: None } => {
                    ("lora", vec![up.shape(), down.shape()])
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(entry["type"], kind, "{key}");
        let slots = entry["slots"].as_array().unwrap().iter().filter(|slot| slot.is_array());
        assert!(
            slots.eq(shapes
                .iter()
                .map(|shape| serde_json::json!(shape))
                .collect::<Vec<_>>()
                .iter())
        );
    }
}
