//! Every published kind of file is recognised by its keys and shapes, full size and narrow alike.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]

mod support;

use std::path::Path;

use candle_core::{DType, Device};
use pellucid_nets::checkpoint::{
    ClipKind, Family, FileKind, Heads, Inspection, LayerModel, Layout, Prediction, Shapes, inspect,
    inspect_file, parts,
};
use pellucid_nets::weights::Weights;
use pellucid_synthetic::{Choice, Manifest, read_manifest, safetensors};

fn shapes(manifest: &Manifest) -> Shapes {
    manifest.tensors.iter().map(|(key, entry)| (key.clone(), entry.shape.clone())).collect()
}

fn manifests(folder: &Path) -> Vec<(String, Manifest)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|end| end == "json") && name != "index" && name != "sha256"
        {
            found.push((name, read_manifest(&path).unwrap()));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn every_manifest_is_what_it_is_called() {
    let Some(folder) = support::shared("manifests") else { return };
    let all = manifests(&folder);
    assert_eq!(all.len(), 62, "a manifest is new or gone");
    for (name, manifest) in all {
        let found = inspect(&shapes(&manifest));
        assert!(found.missing.is_empty(), "{name}: missing {:?}", found.missing);
        assert!(found.unexpected.is_empty(), "{name}: unexpected {:?}", found.unexpected);
        assert!(is(&name, &found), "{name}: {:?}", found.kind);
    }
}

/// Whether the kind agrees with the manifest's name, which inspection never sees.
fn is(name: &str, found: &Inspection) -> bool {
    let (name, tiny) = match name.strip_prefix("tiny_") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let family = if name.contains("sdxl") { Family::Sdxl } else { Family::Sd15 };
    let width = if tiny { 64 } else { 320 };
    match (name, &found.kind) {
        ("sd15_checkpoint", FileKind::Checkpoint { family: f, unet, vae, clips, prediction }) => {
            *f == Family::Sd15
                && *prediction == Prediction::Eps
                && unet.base_width == width
                && unet.heads == Heads::Count(8)
                && vae.is_some()
                && clips.iter().map(|clip| clip.kind).eq([ClipKind::L])
        }
        ("sdxl_checkpoint", FileKind::Checkpoint { family: f, unet, vae, clips, prediction }) => {
            let depths: Vec<_> = unet.levels.iter().map(|level| level.transformer_depth).collect();
            *f == Family::Sdxl
                && *prediction == Prediction::Eps
                && unet.base_width == width
                && unet.heads == Heads::Width(64)
                && depths == if tiny { [0, 1, 2] } else { [0, 2, 10] }
                && vae.is_some()
                && clips.iter().map(|clip| clip.kind).eq([ClipKind::L, ClipKind::BigG])
                && clips[1].layers == if tiny { 3 } else { 32 }
        }
        (_, FileKind::Unet { family: f, layout, unet, .. }) => {
            name.ends_with("_diffusers_unet")
                && *f == family
                && *layout == Layout::Diffusers
                && unet.base_width == width
        }
        (_, FileKind::Vae { layout, vae }) => {
            name.ends_with("_diffusers_vae")
                && *layout == Layout::Diffusers
                && vae.base_width == if tiny { 32 } else { 128 }
                && vae.multipliers == [1, 2, 4, 4]
        }
        (_, FileKind::TextEncoder { clips }) => {
            let kind = if name.ends_with("_2") { ClipKind::BigG } else { ClipKind::L };
            name.contains("_diffusers_text_encoder")
                && clips.iter().map(|file| file.clip.kind).eq([kind])
        }
        (_, FileKind::ControlNet { family: f, layout, unet, hint_channels, sorts: None }) => {
            let named = if name.ends_with("cldm") { Layout::Ldm } else { Layout::Diffusers };
            name.starts_with("controlnet_")
                && *f == family
                && *layout == named
                && unet.out_channels.is_none()
                && *hint_channels == 3
        }
        (_, FileKind::TransparencyDecoder) => name.ends_with("vae_transparent_decoder"),
        (_, FileKind::TransparencyEncoder) => name.ends_with("vae_transparent_encoder"),
        (_, FileKind::AttentionSharing(sharing)) => {
            let (frames, control) = match name {
                "layer_sd15_transparent_attn" => (1, false),
                "layer_sd15_joint" => (3, false),
                "layer_sd15_fg2bg" | "layer_sd15_bg2fg" => (2, true),
                _ => return false,
            };
            (sharing.frames, sharing.control, sharing.layers) == (frames, control, 32)
                && sharing.rank == if tiny { 8 } else { 256 }
        }
        (_, FileKind::LayerPatch { family, which, in_channels }) => {
            let expected = match name {
                "layer_xl_transparent_attn" => (LayerModel::TransparentAttention, None),
                "layer_xl_transparent_conv" => (LayerModel::TransparentConvolution, Some(4)),
                "layer_xl_fg2ble" | "layer_xl_bg2ble" => (LayerModel::OneToBlended, Some(8)),
                "layer_xl_fgble2bg" => (LayerModel::ForegroundBlendedToBackground, Some(12)),
                "layer_xl_bgble2fg" => (LayerModel::BackgroundBlendedToForeground, Some(12)),
                _ => return false,
            };
            // The narrow stand-ins of nothing but the first convolution do not tell.
            let told = *family == Some(Family::Sdxl) || tiny && family.is_none();
            told && (*which, *in_channels) == expected
        }
        ("ld_diffusers_sdxl_attn", FileKind::DiffusersOffsets { which }) => {
            *which == LayerModel::TransparentAttention
        }
        ("ld_diffusers_sdxl_conv", FileKind::DiffusersOffsets { which }) => {
            *which == LayerModel::TransparentConvolution
        }
        ("lora_sd15_kohya" | "lora_sd15_c3lier" | "lora_sdxl_kohya", FileKind::Lora(lora)) => {
            lora.family == Some(family)
                && lora.unet_layers > 0
                && (lora.text_layers > 0) == name.ends_with("kohya")
        }
        _ => false,
    }
}

#[test]
fn a_file_is_told_from_its_header() {
    let Some(folder) = support::shared("manifests") else { return };
    let manifest = read_manifest(&folder.join("tiny_controlnet_sd15_diffusers.json")).unwrap();
    let whole = safetensors(&manifest, &Choice::default()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nothing in the name.bin");
    std::fs::write(&path, whole).unwrap();
    let found = inspect_file(&path).unwrap();
    assert!(matches!(found.kind, FileKind::ControlNet { layout: Layout::Diffusers, .. }));
}

#[test]
fn markers_make_a_checkpoint_predict_velocity() {
    let Some(folder) = support::shared("manifests") else { return };
    let manifest = read_manifest(&folder.join("tiny_sdxl_checkpoint.json")).unwrap();
    let mut shapes = shapes(&manifest);
    let prediction = |shapes: &Shapes| match inspect(shapes).kind {
        FileKind::Checkpoint { prediction, .. } => prediction,
        other => panic!("{other:?}"),
    };
    shapes.insert("v_pred".to_owned(), vec![0]);
    assert_eq!(prediction(&shapes), Prediction::V { zero_snr: false });
    shapes.insert("ztsnr".to_owned(), vec![0]);
    assert_eq!(prediction(&shapes), Prediction::V { zero_snr: true });
}

#[test]
fn what_is_missing_and_what_is_too_much_is_listed() {
    let Some(folder) = support::shared("manifests") else { return };
    let manifest = read_manifest(&folder.join("tiny_sd15_checkpoint.json")).unwrap();
    let mut shapes = shapes(&manifest);
    let gone = "model.diffusion_model.middle_block.1.norm.bias";
    let odd = "first_stage_model.decoder.conv_out.weight";
    shapes.remove(gone);
    shapes.insert(odd.to_owned(), vec![3, 3]);
    shapes.insert("model.diffusion_model.extra.weight".to_owned(), vec![1]);
    let found = inspect(&shapes);
    assert_eq!(found.missing, [odd, gone]);
    assert_eq!(found.unexpected, ["model.diffusion_model.extra.weight"]);
}

#[test]
fn nothing_and_nonsense_are_unknown() {
    assert_eq!(inspect(&Shapes::new()).kind, FileKind::Unknown);
    let nonsense = |key: &str| (key.to_owned(), vec![3, 4, 5]);
    let shapes = ["a.weight", "input_blocks.0.0.weight", "mid_block"].map(nonsense).into();
    assert_eq!(inspect(&shapes).kind, FileKind::Unknown);
}

#[test]
fn both_layouts_of_a_model_hold_the_same_numbers_under_one_name() {
    let Some(folder) = support::shared("manifests") else { return };
    let open = |name: &str| {
        let manifest = read_manifest(&folder.join(format!("{name}.json"))).unwrap();
        let file = safetensors(&manifest, &Choice::default()).unwrap();
        let weights = Weights::from_bytes(Path::new(name), file).unwrap();
        parts(&weights, &inspect(&weights.shapes()).kind).unwrap()
    };
    let whole = open("tiny_sdxl_checkpoint");
    let unet = open("tiny_sdxl_diffusers_unet").unet.unwrap();
    same_numbers(&whole.unet.unwrap(), &unet);
    same_numbers(&whole.vae.unwrap(), &open("tiny_sdxl_diffusers_vae").vae.unwrap());
    let text = open("tiny_sdxl_diffusers_text_encoder").clip_l.unwrap();
    same_numbers(&whole.clip_l.unwrap(), &text);
    let text = open("tiny_sdxl_diffusers_text_encoder_2").clip_g.unwrap();
    same_numbers(&whole.clip_g.unwrap(), &text);
    let control = open("tiny_controlnet_sd15_cldm").controlnet.unwrap();
    same_numbers(&control, &open("tiny_controlnet_sd15_diffusers").controlnet.unwrap());
}

fn same_numbers(ldm: &Weights, other: &Weights) {
    let mut compared = 0;
    for key in other.keys() {
        let shape = ldm.shape(key).unwrap_or_else(|| panic!("{key} has no counterpart"));
        let read = |weights: &Weights| {
            let tensor = weights.tensor(key, shape, DType::F32, &Device::Cpu).unwrap();
            tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        assert!(read(ldm) == read(other), "{key}");
        compared += 1;
    }
    let ballast = ["position_ids", "logit_scale"];
    let counted = ldm.keys().filter(|key| !ballast.iter().any(|b| key.ends_with(b))).count();
    assert_eq!(compared, counted, "tensors without a counterpart");
}
