//! LoRA files, textual inversion and LayerDiffuse's patch files do to a model what they do in
//! ComfyUI.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{
    ClipConfig, ClipKind, Shapes, clip_config, unet_config, unet_names,
};
use pellucid_nets::patch::{
    LoraPatches, Network, PatchList, Targets, diffusers_offsets, layer_diffuse_patches,
    layer_names, lora_patches,
};
use pellucid_nets::text::{
    Cleaning, ClipEncoder, Encoded, FindInversion, Inversion, Options, TextError, Token, Tokenizer,
    Tokens, encode_sd15, encode_sdxl,
};
use pellucid_synthetic::{Choice, read_manifest, safetensors};
use serde_json::Value;

/// A model of the fixtures: a UNet from its manifest and small text encoders.
struct Model {
    unet: Weights,
    clip_l: Weights,
    clip_g: Option<Weights>,
}

impl Model {
    fn open(folder: &Path, family: &str, file: &Weights, prefix: &str, ids: &str) -> Self {
        let manifest = folder.join(format!("09_lora_ti/{family}.unet.manifest.json"));
        let unet = safetensors(&read_manifest(&manifest).unwrap(), &Choice::default()).unwrap();
        let unet = Weights::from_bytes(Path::new("unet"), unet).unwrap();
        let clip =
            |name: &str| support::text_encoder(file, &format!("{prefix}{name}.transformer"), ids);
        let unet = if unet.has("diffusion_model.input_blocks.0.0.weight") {
            unet.under("diffusion_model")
        } else {
            unet
        };
        let clip_g = (family == "sdxl").then(|| clip("clip_g"));
        Self { unet, clip_l: clip("clip_l"), clip_g }
    }

    fn targets(&self) -> Targets<'_> {
        Targets { unet: Some(&self.unet), clip_l: Some(&self.clip_l), clip_g: self.clip_g.as_ref() }
    }

    fn patched(&self, patches: LoraPatches) -> Self {
        let with = |weights: &Weights, list: PatchList| weights.with_patches(list).unwrap();
        Self {
            unet: with(&self.unet, patches.unet),
            clip_l: with(&self.clip_l, patches.clip_l),
            clip_g: self.clip_g.as_ref().map(|clip| with(clip, patches.clip_g)),
        }
    }

    /// A weight by ComfyUI's name.
    fn weight(&self, name: &str) -> Tensor {
        let (weights, key) = if let Some(key) = name.strip_prefix("diffusion_model.") {
            (&self.unet, key)
        } else if let Some(key) = name.strip_prefix("clip_l.transformer.") {
            (&self.clip_l, key)
        } else {
            let key = name.strip_prefix("clip_g.transformer.").unwrap();
            (self.clip_g.as_ref().unwrap(), key)
        };
        weights.plain(key).unwrap()
    }

    /// The encoders of these fixtures have 4 and 6 heads, 8 wide.
    fn encode(&self, prompt: &str, inversions: Option<&dyn FindInversion>) -> (Encoded, Tokenized) {
        let encoder = |weights: &Weights, kind, heads| {
            let config = clip_config(&weights.shapes(), kind).unwrap();
            let config = ClipConfig { heads, ..config };
            ClipEncoder::new(weights, &config, DType::F32, &Device::Cpu).unwrap()
        };
        let tokens = |kind| {
            let tokenizer = Tokenizer { kind, cleaning: Cleaning::Usual, inversions };
            tokenizer.tokenize(prompt).unwrap()
        };
        let l = encoder(&self.clip_l, ClipKind::L, 4);
        let tokens_l = tokens(ClipKind::L);
        let Some(clip_g) = &self.clip_g else {
            let encoded = encode_sd15(&l, &tokens_l, Options::default()).unwrap();
            return (encoded, BTreeMap::from([("l", tokens_l)]));
        };
        let g = encoder(clip_g, ClipKind::BigG, 6);
        let tokens_g = tokens(ClipKind::BigG);
        let encoded = encode_sdxl((&l, &tokens_l), (&g, &tokens_g), Options::default()).unwrap();
        (encoded, BTreeMap::from([("l", tokens_l), ("g", tokens_g)]))
    }
}

type Tokenized = BTreeMap<&'static str, Tokens>;

#[test]
fn every_fixture_is_met() {
    let Some((folder, cases)) = support::cases("09_lora_ti") else { return };
    let mut met = 0;
    for case in &cases {
        let id = support::text(case, "id").strip_prefix("09_lora_ti/").unwrap();
        let (family, rest) = id.split_once('_').unwrap();
        match (family, rest) {
            ("sd15" | "sdxl", "names") => names(case, &folder, family),
            ("sd15" | "sdxl", "keymap") => keymap(case, &folder, family),
            ("sd15" | "sdxl", _) if rest.starts_with("lora_") => lora(case, &folder, family),
            ("ti", _) => textual_inversion(case, &folder),
            _ => panic!("nothing here handles {id}"),
        }
        met += 1;
    }
    assert_eq!(met, 16, "a case is new or gone");
}

fn json(folder: &Path, case: &Value) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join(support::text(case, "file"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn names(case: &Value, folder: &Path, family: &str) {
    // The model is the real, full-size one; the list also has layers that it lacks.
    let manifest = folder.join(format!("../../manifests/{family}_checkpoint.json"));
    let tensors = read_manifest(&manifest).unwrap().tensors.into_iter();
    let shapes: Shapes = tensors
        .filter_map(|(key, entry)| {
            Some((key.strip_prefix("model.diffusion_model.")?.to_owned(), entry.shape))
        })
        .collect();
    let mut expected = json(folder, case);
    expected.retain(|_, ldm| shapes.contains_key(ldm.trim_start_matches("diffusion_model.")));
    let found: BTreeMap<_, _> = unet_names(&unet_config(&shapes).unwrap())
        .into_iter()
        .filter(|(name, _)| name.ends_with(".weight"))
        .collect();
    for (name, ldm) in &expected {
        let ldm = ldm.strip_prefix("diffusion_model.").unwrap_or(ldm);
        assert_eq!(found.get(name).map(String::as_str), Some(ldm), "{name}");
    }
    assert_eq!(found.len(), expected.len(), "{family}");
}

fn keymap(case: &Value, folder: &Path, family: &str) {
    let file = folder.join(format!("09_lora_ti/{family}_lora.safetensors"));
    let model = Model::open(folder, family, &Weights::open(&file).unwrap(), "clip.w.", "clip.ids");
    let names = layer_names(&model.targets());
    for (name, expected) in json(folder, case) {
        let target = names.get(&name).unwrap_or_else(|| panic!("{name} is not known"));
        let prefix = match target.network {
            Network::Unet => "diffusion_model.",
            Network::ClipL => "clip_l.transformer.",
            Network::ClipG => "clip_g.transformer.",
        };
        assert_eq!(format!("{prefix}{}", target.key), expected, "{name}");
    }
}

fn lora(case: &Value, folder: &Path, family: &str) {
    let file = Weights::open(&folder.join(support::text(case, "file"))).unwrap();
    let model = Model::open(folder, family, &file, "clip.w.", "clip.ids");
    let path = folder.join(format!("09_lora_ti/{family}.lora.safetensors"));
    let lora = Weights::open(&path).unwrap();
    let [unet, text] =
        ["strength_model", "strength_clip"].map(|key| case["params"][key].as_f64().unwrap());
    let patches = lora_patches(&lora, &model.targets(), unet, text).unwrap();
    assert_eq!(
        patches.unknown,
        ["lora_unet_no_such_layer.lora_down.weight", "lora_unet_no_such_layer.lora_up.weight"]
    );
    let touched = case["params"]["touched"].as_array().unwrap().len();
    let keys = |list: &PatchList| list.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let mut changed = [&patches.unet, &patches.clip_l, &patches.clip_g].map(keys).concat();
    changed.sort();
    changed.dedup();
    assert_eq!(changed.len(), touched, "{changed:?}");

    let patched = model.patched(patches);
    let mut compared = 0;
    for (name, tensor) in case["out"].as_object().unwrap() {
        if let Some(weight) = name.strip_prefix("w ") {
            let expected = file.plain(tensor.as_str().unwrap()).unwrap();
            // Both are a few f32 operations on numbers of size one; the fixture allows 3e-4.
            let tolerance = serde_json::json!({ "atol": 2e-6, "rtol": 2e-6 });
            let excess = support::excess(&patched.weight(weight), &expected, &tolerance);
            assert!(excess <= 0.0, "{}: {weight} is off by {excess} too much", case["id"]);
            compared += 1;
        }
    }
    // The case with other strengths has no weights, only what the model makes of them.
    assert_eq!(compared, if unet == 1.0 { touched } else { 0 });
    let (encoded, _) = patched.encode(support::text(&case["params"], "prompt"), None);
    same_encoding(case, &file, &encoded);
}

fn same_encoding(case: &Value, file: &Weights, found: &Encoded) {
    for (name, found) in [("cond", &found.cond), ("pooled", &found.pooled)] {
        let expected = file.plain(support::text(&case["out"], name)).unwrap();
        let excess = support::excess(found, &expected, &support::f32_encoders());
        assert!(excess <= 0.0, "{}: {name} is off by {excess} too much", case["id"]);
    }
}

struct Folder(PathBuf);

impl FindInversion for Folder {
    fn find(&self, name: &str) -> Result<Option<Arc<Inversion>>, TextError> {
        let names = Inversion::SUFFIXES.map(|suffix| format!("{name}{suffix}"));
        let mut paths = std::iter::once(name).chain(names.iter().map(String::as_str));
        match paths.find_map(|name| Some(self.0.join(name)).filter(|path| path.is_file())) {
            Some(path) => Ok(Some(Arc::new(Inversion::read(&Weights::open(&path)?)?))),
            None => Ok(None),
        }
    }
}

fn textual_inversion(case: &Value, folder: &Path) {
    let path = folder.join(support::text(case, "file"));
    let file = Weights::open(&path).unwrap();
    let family = if path.ends_with("ti_sdxl.safetensors") { "sdxl" } else { "sd15" };
    let model = Model::open(folder, family, &file, "w.", "ids");
    let inversions = Folder(folder.join("09_lora_ti/embeddings"));
    let prompt = support::text(&case["params"], "prompt");
    let (encoded, tokens) = model.encode(prompt, Some(&inversions));
    for (which, tokens) in &tokens {
        let found: Vec<Vec<Value>> = tokens
            .windows
            .iter()
            .map(|window| {
                window
                    .iter()
                    .map(|place| match place.token {
                        Token::Id(id) => Value::from(id),
                        Token::Vector(_) => Value::from("E"),
                    })
                    .collect()
            })
            .collect();
        assert_eq!(Value::from(found), case["params"]["rows"][which], "{}", case["id"]);
        let weights: Vec<Vec<f64>> = tokens
            .windows
            .iter()
            .map(|window| window.iter().map(|place| place.weight).collect())
            .collect();
        assert_eq!(Value::from(weights), case["params"]["weights"][which], "{}", case["id"]);
    }
    same_encoding(case, &file, &encoded);
}

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
