//! Telling what a file is.

use std::path::Path;

use super::clip::{ClipKind, clip_config, clip_layout, of_open_clip};
use super::depth::{depth_config, depth_layout};
use super::diffusers::{is_unet, ldm_unet, ldm_vae};
use super::kind::{ClipFile, Family, FileKind, Layout, Prediction};
use super::shapes::{Shapes, any_below, below, same, size};
use super::special;
use super::unet::{UnetConfig, controlnet_layout, unet_config, unet_layout};
use super::upscaler::{upscaler_config, upscaler_layout};
use super::vae::{vae_config, vae_layout};
use crate::patch::lora_layer;
use crate::weights::{Part, Weights, WeightsError};

/// What a file is and what does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What it is.
    pub kind: FileKind,
    /// Keys that a file of this kind has and this one lacks, or has in another shape.
    pub missing: Vec<String>,
    /// Keys that have no place in a file of this kind; harmless leftovers of training are not here.
    pub unexpected: Vec<String>,
}

/// Tells what the tensors of these keys and shapes are.
pub fn inspect(shapes: &Shapes) -> Inspection {
    let plain = |kind| Inspection { kind, missing: Vec::new(), unexpected: Vec::new() };
    let special = special::layer_patch(shapes)
        .or_else(|| special::attention_sharing(shapes))
        .or_else(|| special::transparency(shapes));
    if let Some(kind) = special {
        return plain(kind);
    }
    if let Some(kind) = special::lora(shapes) {
        let strange = shapes.keys().filter(|key| lora_layer(key).is_none());
        return Inspection { unexpected: strange.cloned().collect(), ..plain(kind) };
    }
    upscaler(shapes)
        .or_else(|| depth_estimator(shapes))
        .or_else(|| controlnet(shapes))
        .or_else(|| checkpoint(shapes))
        .or_else(|| unet(shapes))
        .or_else(|| vae(shapes))
        .or_else(|| text_encoder(shapes))
        .or_else(|| special::diffusers_offsets(shapes).map(plain))
        .or_else(|| special::textual_inversion(shapes).map(plain))
        .unwrap_or_else(|| plain(FileKind::Unknown))
}

/// Tells what a file is; no tensor is read.
pub fn inspect_file(path: &Path) -> Result<Inspection, WeightsError> {
    Ok(inspect(&Weights::open(path)?.shapes()))
}

/// Places where a text encoder can be: prefix, kind, and whether the names are open_clip's.
pub(super) const CLIP_PLACES: [(&str, ClipKind, bool); 8] = [
    ("cond_stage_model.transformer.", ClipKind::L, false),
    ("conditioner.embedders.0.transformer.", ClipKind::L, false),
    ("conditioner.embedders.1.model.", ClipKind::BigG, true),
    ("conditioner.embedders.0.model.", ClipKind::BigG, true),
    ("clip_l.transformer.", ClipKind::L, false),
    ("clip_g.transformer.", ClipKind::BigG, false),
    ("text_encoders.clip_l.transformer.", ClipKind::L, false),
    ("text_encoders.clip_g.transformer.", ClipKind::BigG, false),
];

pub(super) const UNET_PREFIX: &str = "model.diffusion_model.";
pub(super) const VAE_PREFIX: &str = "first_stage_model.";
pub(super) const CONTROL_PREFIX: &str = "control_model.";

/// Tensors by key under their full names, to be compared with a file.
struct Comparison {
    expected: Shapes,
}

impl Comparison {
    fn new() -> Self {
        Self { expected: Shapes::new() }
    }

    fn add(&mut self, prefix: &str, layout: Shapes) {
        self.expected
            .extend(layout.into_iter().map(|(key, shape)| (format!("{prefix}{key}"), shape)));
    }

    fn done(self, kind: FileKind, found: &Shapes) -> Inspection {
        let fits = |key: &String, shape: &[usize]| found.get(key).is_some_and(|s| same(s, shape));
        let missing = self.expected.iter().filter(|(key, shape)| !fits(key, shape));
        let unexpected =
            found.keys().filter(|key| !self.expected.contains_key(*key) && !is_ballast(key));
        Inspection {
            kind,
            missing: missing.map(|(key, _)| key.clone()).collect(),
            unexpected: unexpected.cloned().collect(),
        }
    }
}

fn upscaler(shapes: &Shapes) -> Option<Inspection> {
    let config = upscaler_config(shapes)?;
    let mut comparison = Comparison::new();
    comparison.add("", upscaler_layout(&config));
    Some(comparison.done(FileKind::Upscaler(config), shapes))
}

fn depth_estimator(shapes: &Shapes) -> Option<Inspection> {
    let config = depth_config(shapes)?;
    let mut comparison = Comparison::new();
    comparison.add("", depth_layout(&config));
    Some(comparison.done(FileKind::DepthEstimator(config), shapes))
}

fn checkpoint(shapes: &Shapes) -> Option<Inspection> {
    let unet = unet_config(&below(shapes, UNET_PREFIX))?;
    let mut comparison = Comparison::new();
    comparison.add(UNET_PREFIX, unet_layout(&unet));
    let vae = vae_config(&below(shapes, VAE_PREFIX));
    if let Some(vae) = &vae {
        comparison.add(VAE_PREFIX, vae_layout(vae));
    }
    let clips = clips(shapes);
    let mut shapes = shapes.clone();
    for file in &clips {
        comparison.add(&file.prefix, clip_layout(&file.clip));
        if file.open_clip {
            shapes = as_hugging_face(&shapes, &file.prefix);
        }
    }
    let (family, prediction) = (family(&unet), prediction(&shapes));
    let clips = clips.into_iter().map(|file| file.clip).collect::<Vec<_>>();
    let kind = if vae.is_none() && clips.is_empty() {
        FileKind::Unet { family, prediction, layout: Layout::Ldm, unet }
    } else {
        FileKind::Checkpoint { family, prediction, unet, vae, clips }
    };
    Some(comparison.done(kind, &shapes))
}

fn unet(shapes: &Shapes) -> Option<Inspection> {
    let diffusers = shapes.contains_key("time_embedding.linear_1.weight") && is_unet(shapes);
    let layout = if diffusers { Layout::Diffusers } else { Layout::Ldm };
    let named = if diffusers { renamed(shapes, ldm_unet(shapes)) } else { shapes.clone() };
    let unet = unet_config(&named)?;
    let mut comparison = Comparison::new();
    comparison.add("", unet_layout(&unet));
    let (family, prediction) = (family(&unet), prediction(shapes));
    Some(comparison.done(FileKind::Unet { family, prediction, layout, unet }, &named))
}

fn controlnet(shapes: &Shapes) -> Option<Inspection> {
    let (layout, prefix, named) = if any_below(shapes, "controlnet_cond_embedding.") {
        (Layout::Diffusers, "", renamed(shapes, ldm_unet(shapes)))
    } else {
        let found = [CONTROL_PREFIX, ""];
        let hint =
            |prefix: &&str| shapes.contains_key(&format!("{prefix}input_hint_block.0.weight"));
        (Layout::Ldm, found.into_iter().find(hint)?, shapes.clone())
    };
    let unet = unet_config(&below(&named, prefix))?;
    let hint_channels = size(&named, &format!("{prefix}input_hint_block.0.weight"), 1)?;
    let mut comparison = Comparison::new();
    let sorts = size(&named, &format!("{prefix}task_embedding"), 0).filter(|&sorts| sorts > 0);
    comparison.add(prefix, controlnet_layout(&unet, hint_channels, sorts));
    let kind = FileKind::ControlNet { family: family(&unet), layout, unet, hint_channels, sorts };
    Some(comparison.done(kind, &named))
}

fn vae(shapes: &Shapes) -> Option<Inspection> {
    let prefix = if any_below(shapes, VAE_PREFIX) { VAE_PREFIX } else { "" };
    let shapes = below(shapes, prefix);
    let diffusers = any_below(&shapes, "encoder.down_blocks.");
    let layout = if diffusers { Layout::Diffusers } else { Layout::Ldm };
    let named = if diffusers { renamed(&shapes, ldm_vae(&shapes)) } else { shapes };
    let vae = vae_config(&named)?;
    let mut comparison = Comparison::new();
    comparison.add("", vae_layout(&vae));
    Some(comparison.done(FileKind::Vae { layout, vae }, &named))
}

fn text_encoder(shapes: &Shapes) -> Option<Inspection> {
    let mut shapes = shapes.clone();
    let mut found = clips(&shapes);
    if found.is_empty() {
        let open_clip = shapes.contains_key("transformer.resblocks.0.attn.in_proj_weight");
        let named = if open_clip { as_hugging_face(&shapes, "") } else { shapes.clone() };
        let kind = lone_clip_kind(&named)?;
        let clip = clip_config(&named, kind)?;
        found.push(ClipFile { prefix: String::new(), open_clip, clip });
    }
    let mut comparison = Comparison::new();
    for file in &found {
        comparison.add(&file.prefix, clip_layout(&file.clip));
        if file.open_clip {
            shapes = as_hugging_face(&shapes, &file.prefix);
        }
    }
    Some(comparison.done(FileKind::TextEncoder { clips: found }, &shapes))
}

/// By the widths of the real encoders; a narrow relative is bigG if it has a text projection.
fn lone_clip_kind(shapes: &Shapes) -> Option<ClipKind> {
    match size(shapes, "text_model.embeddings.token_embedding.weight", 1)? {
        768 => Some(ClipKind::L),
        1280 => Some(ClipKind::BigG),
        1024 => None,
        _ if shapes.contains_key("text_projection.weight") => Some(ClipKind::BigG),
        _ => Some(ClipKind::L),
    }
}

fn clips(shapes: &Shapes) -> Vec<ClipFile> {
    let found = |(prefix, kind, open_clip): (&str, ClipKind, bool)| {
        let named = if open_clip {
            below(&as_hugging_face(shapes, prefix), prefix)
        } else {
            below(shapes, prefix)
        };
        let clip = clip_config(&named, kind)?;
        Some(ClipFile { prefix: prefix.to_owned(), open_clip, clip })
    };
    CLIP_PLACES.into_iter().filter_map(found).collect()
}

/// The same shapes with the open_clip names below a prefix in Hugging Face's words.
fn as_hugging_face(shapes: &Shapes, prefix: &str) -> Shapes {
    let mut named = Shapes::new();
    for (key, shape) in shapes {
        let parts = key.strip_prefix(prefix).map(of_open_clip).unwrap_or_default();
        if parts.is_empty() {
            named.insert(key.clone(), shape.clone());
        }
        for (name, part) in parts {
            let mut shape = shape.clone();
            match part {
                Part::Whole => {}
                Part::Rows { of, .. } => shape[..1].iter_mut().for_each(|rows| *rows /= of),
                Part::Transposed => shape.reverse(),
            }
            named.insert(format!("{prefix}{name}"), shape);
        }
    }
    named
}

fn renamed(shapes: &Shapes, names: Vec<(String, String)>) -> Shapes {
    names.into_iter().map(|(key, name)| (name, shapes[&key].clone())).collect()
}

/// SDXL has a label vector; the refiner's is the context's width and five sinusoids long.
fn family(unet: &UnetConfig) -> Family {
    match unet.label_width {
        Some(label) if label == unet.context_width + 5 * 256 => Family::SdxlRefiner,
        Some(_) => Family::Sdxl,
        None if unet.dense_projections => Family::Sd2,
        None => Family::Sd15,
    }
}

/// Fine-tunes mark v-prediction with an empty tensor of that name.
fn prediction(shapes: &Shapes) -> Prediction {
    if shapes.contains_key("v_pred") {
        Prediction::V { zero_snr: shapes.contains_key("ztsnr") }
    } else {
        Prediction::Eps
    }
}

/// Tensors that checkpoints carry along and nobody reads.
fn is_ballast(key: &str) -> bool {
    const NAMES: [&str; 6] =
        ["betas", "lvlb_weights", "v_pred", "ztsnr", "logit_scale", "pretrained.mask_token"];
    const STARTS: [&str; 7] = [
        "alphas_cumprod",
        "sqrt_",
        "log_one_minus_alphas_cumprod",
        "posterior_",
        "model_ema.",
        "denoiser.",
        "loss.",
    ];
    const ENDS: [&str; 3] = [".position_ids", ".logit_scale", ".attn_mask"];
    NAMES.contains(&key)
        || STARTS.iter().any(|start| key.starts_with(start))
        || ENDS.iter().any(|end| key.ends_with(end))
}
