//! LoRA files and textual inversion do to a model what they do in ComfyUI.

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
use pellucid_nets::patch::{LoraPatches, Network, PatchList, Targets, layer_names, lora_patches};
use pellucid_nets::schedule::Discretisation;
use pellucid_nets::text::{
    Cleaning, ClipEncoder, Encoded, FindInversion, Inversion, Options, TextError, Token, Tokenizer,
    Tokens, encode_sd15, encode_sdxl,
};
use pellucid_nets::unet::{Unet, UnetInput};
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
    let expected = file.plain(support::text(&case["out"], "denoised")).unwrap();
    let excess = support::excess(&denoised(case, &file, &patched.unet), &expected, &case["tol"]);
    assert!(excess <= 0.0, "{}: denoised is off by {excess} too much", case["id"]);
}

/// What the patched UNet makes of a noisy latent, at a noise level of its own for each row.
///
/// These UNets went through ComfyUI's loader, which gives SDXL heads of 64 whatever the fixture's
/// configuration says.
fn denoised(case: &Value, file: &Weights, weights: &Weights) -> Tensor {
    let input = |name: &str| file.plain(support::text(&case["in"], name)).unwrap();
    let config = unet_config(&weights.shapes()).unwrap();
    let unet = Unet::load(weights, &config, DType::F32, &Device::Cpu).unwrap();
    let (x, context) = (input("x"), input("context"));
    let sigmas = input("sigma").to_vec1::<f32>().unwrap();
    let levels = Discretisation::stable_diffusion();
    let timesteps: Vec<f32> = sigmas.iter().map(|&s| levels.timestep(s) as f32).collect();
    let column = |of: fn(f32) -> f32| {
        let values: Vec<f32> = sigmas.iter().map(|&sigma| of(sigma)).collect();
        Tensor::from_vec(values, (sigmas.len(), 1, 1, 1), &Device::Cpu).unwrap()
    };
    let label = case["in"]["y"].is_string().then(|| input("y"));
    let eps = unet.forward(&UnetInput {
        x: &x.broadcast_div(&column(|sigma| (sigma * sigma + 1.0).sqrt())).unwrap(),
        timesteps: &timesteps,
        context: &context,
        label: label.as_ref(),
        control: &[],
        hooks: &[],
        roles: &[],
    });
    (x - eps.unwrap().broadcast_mul(&column(|sigma| sigma)).unwrap()).unwrap()
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
