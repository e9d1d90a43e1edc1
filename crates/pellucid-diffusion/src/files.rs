//! From weight files to the networks in them.

use std::path::{Path, PathBuf};

use pellucid_nets::checkpoint::{
    ClipConfig, ClipFile, ClipKind, Family as NetFamily, FileKind, Inspection, Parts,
    Prediction as NetPrediction, Shapes, UnetConfig, VaeConfig, clip_layout, controlnet_layout,
    inspect, parts, unet_layout, vae_layout,
};
use pellucid_nets::weights::{Weights, WeightsError};
use pellucid_value::{Family, Prediction, WeightContent, WeightFile};

use crate::DiffusionError;
use crate::error::unfit;

/// The networks in one or more files, and what shapes say of them. Nothing is read but headers.
#[derive(Clone, Default)]
pub struct Networks {
    /// Their tensors.
    pub parts: Parts,
    /// The UNet's or ControlNet's family.
    pub family: Option<Family>,
    /// What the UNet predicts.
    pub prediction: Option<Prediction>,
    /// The UNet's shape, or that of the half that is a ControlNet.
    pub unet: Option<UnetConfig>,
    /// The autoencoder's shape.
    pub vae: Option<VaeConfig>,
    /// The text encoders.
    pub clips: Vec<ClipConfig>,
    /// Keys that a network needs and its file lacks.
    pub missing: Vec<String>,
    /// Keys that no network needs.
    pub unexpected: Vec<String>,
}

/// Opens a weight file; its header is checked, no tensor is read.
///
/// # Errors
/// When it is no weight file, or damaged.
pub fn open(file: &WeightFile) -> Result<Weights, DiffusionError> {
    Ok(match &file.content {
        WeightContent::Path(path) if path.is_dir() => {
            return unfit(format!("`{}` is a folder, not a weight file", file.name));
        }
        WeightContent::Path(path) => Weights::open(path).map_err(|error| renamed(error, file))?,
        WeightContent::Memory(bytes) => {
            Weights::from_bytes(Path::new(&*file.name), bytes.to_vec())?
        }
    })
}

/// Errors speak of files as graphs do.
fn renamed(mut error: WeightsError, file: &WeightFile) -> WeightsError {
    error.file = Some(PathBuf::from(&*file.name));
    error
}

/// What a file is, told from its keys and shapes.
///
/// # Errors
/// When it is no weight file, or damaged.
pub fn inspection(file: &WeightFile) -> Result<Inspection, DiffusionError> {
    Ok(inspect(&open(file)?.shapes()))
}

/// What a file is, in a few words with an article: `an autoencoder`.
///
/// # Errors
/// When it is no weight file, or damaged.
pub fn what_is(file: &WeightFile) -> Result<String, DiffusionError> {
    Ok(kind_name(&inspection(file)?.kind))
}

/// The networks in these files, in which a folder in the diffusers layout counts as its parts.
///
/// # Errors
/// When a file is none, damaged, or holds no network.
pub fn networks(files: &[WeightFile]) -> Result<Networks, DiffusionError> {
    let mut found = Networks::default();
    for file in files {
        match &file.content {
            WeightContent::Path(path) if path.is_dir() => add_folder(&mut found, path, file)?,
            _ => {
                let weights = open(file)?;
                add(&mut found, &weights, &file.name)?;
            }
        }
    }
    Ok(found)
}

/// Subfolders of a diffusers folder that hold networks.
const PARTS: [&str; 4] = ["unet", "vae", "text_encoder", "text_encoder_2"];

fn add_folder(found: &mut Networks, dir: &Path, file: &WeightFile) -> Result<(), DiffusionError> {
    for part in PARTS {
        let shards = shards(&dir.join(part));
        if shards.is_empty() {
            continue;
        }
        let opened: Vec<Weights> =
            shards.iter().map(|path| Weights::open(path)).collect::<Result<_, _>>()?;
        add(found, &Weights::join(opened), &format!("{}/{part}", file.name))?;
    }
    if found.unet.is_none() {
        return unfit(format!("`{}` has no UNet in `unet/`", file.name));
    }
    if let Some(prediction) = scheduler_prediction(dir) {
        found.prediction = Some(prediction);
    }
    Ok(())
}

/// The weight files of one part: safetensors before others, whole numbers before variants.
fn shards(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let with = |suffix: &str, variant: bool| -> Vec<PathBuf> {
        let wanted = |path: &&PathBuf| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let is_variant = [".fp16.", ".bf16.", ".non_ema."].iter().any(|v| name.contains(v));
            name.ends_with(suffix) && is_variant == variant
        };
        files.iter().filter(wanted).cloned().collect()
    };
    [(".safetensors", false), (".safetensors", true), (".bin", false), (".bin", true)]
        .into_iter()
        .map(|(suffix, variant)| with(suffix, variant))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// What the folder's scheduler says of the prediction, which shapes cannot.
fn scheduler_prediction(dir: &Path) -> Option<Prediction> {
    let text = std::fs::read_to_string(dir.join("scheduler/scheduler_config.json")).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    match json.get("prediction_type")?.as_str()? {
        "epsilon" => Some(Prediction::Epsilon),
        "v_prediction" => {
            let zero_snr = json.get("rescale_betas_zero_snr").and_then(serde_json::Value::as_bool);
            Some(Prediction::Velocity { zero_snr: zero_snr.unwrap_or(false) })
        }
        _ => None,
    }
}

fn add(found: &mut Networks, weights: &Weights, name: &str) -> Result<(), DiffusionError> {
    let Inspection { kind, missing, unexpected } = inspect(&weights.shapes());
    let parts = parts(weights, &kind)?;
    refuse_whole_numbers(&kind, &parts)?;
    found.missing.extend(missing);
    found.unexpected.extend(unexpected);
    match kind {
        FileKind::Checkpoint { family, prediction, unet, vae, clips } => {
            found.family = Some(family_of(family));
            found.prediction = Some(prediction_of(prediction));
            found.unet = Some(unet);
            found.vae = vae;
            found.clips = clips;
        }
        FileKind::Unet { family, prediction, unet, .. } => {
            found.family = Some(family_of(family));
            found.prediction = Some(prediction_of(prediction));
            found.unet = Some(unet);
        }
        FileKind::Vae { vae, .. } => found.vae = Some(vae),
        FileKind::TextEncoder { clips } => {
            found.clips.extend(clips.into_iter().map(|ClipFile { clip, .. }| clip));
        }
        FileKind::ControlNet { family, unet, .. } => {
            found.family = Some(family_of(family));
            found.unet = Some(unet);
        }
        FileKind::Unknown => return unfit(format!("`{name}` {}", strangers(weights))),
        other => {
            return unfit(format!("`{name}` is {}, not a model", kind_name(&other)));
        }
    }
    let Parts { unet, vae, clip_l, clip_g, controlnet } = parts;
    found.parts.unet = unet.or(found.parts.unet.take());
    found.parts.vae = vae.or(found.parts.vae.take());
    found.parts.clip_l = clip_l.or(found.parts.clip_l.take());
    found.parts.clip_g = clip_g.or(found.parts.clip_g.take());
    found.parts.controlnet = controlnet.or(found.parts.controlnet.take());
    Ok(())
}

/// What is in a file of no known kind.
fn strangers(weights: &Weights) -> String {
    const SHOWN: usize = 3;
    let keys: Vec<String> = weights.keys().take(SHOWN).map(|key| format!("`{key}`")).collect();
    let count = weights.keys().count();
    if count == 0 {
        return "holds no tensors".into();
    }
    let more = if count > SHOWN { ", ..." } else { "" };
    format!("holds no network that is known, but {count} tensor(s): {}{more}", keys.join(", "))
}

/// Refuses networks whose weights are whole numbers.
fn refuse_whole_numbers(kind: &FileKind, parts: &Parts) -> Result<(), DiffusionError> {
    let (unet, vae, clips) = match kind {
        FileKind::Checkpoint { unet, vae, clips, .. } => (Some(unet), vae.as_ref(), &clips[..]),
        FileKind::Unet { unet, .. } => (Some(unet), None, &[][..]),
        FileKind::Vae { vae, .. } => (None, Some(vae), &[][..]),
        FileKind::ControlNet { unet, hint_channels, sorts, .. } => {
            return match &parts.controlnet {
                Some(view) => {
                    let layout = controlnet_layout(unet, *hint_channels, *sorts);
                    Ok(view.require_floats(layout.keys())?)
                }
                None => Ok(()),
            };
        }
        FileKind::TextEncoder { clips } => {
            let each = clips.iter().map(|file| refuse_whole_numbers_of(&file.clip, parts));
            return each.collect();
        }
        _ => return Ok(()),
    };
    if let (Some(view), Some(unet)) = (&parts.unet, unet) {
        view.require_floats(unet_layout(unet).keys())?;
    }
    if let (Some(view), Some(vae)) = (&parts.vae, vae) {
        view.require_floats(vae_layout(vae).keys())?;
    }
    clips.iter().try_for_each(|clip| refuse_whole_numbers_of(clip, parts))
}

fn refuse_whole_numbers_of(clip: &ClipConfig, parts: &Parts) -> Result<(), DiffusionError> {
    let view = match clip.kind {
        ClipKind::L => &parts.clip_l,
        ClipKind::BigG => &parts.clip_g,
    };
    view.as_ref().map_or(Ok(()), |view| Ok(view.require_floats(clip_layout(clip).keys())?))
}

/// What a file is, in a few words with an article.
pub(crate) fn kind_name(kind: &FileKind) -> String {
    match kind {
        FileKind::Checkpoint { family, .. } => format!("a checkpoint of {}", family_of(*family)),
        FileKind::Unet { family, .. } => format!("a UNet of {}", family_of(*family)),
        FileKind::Vae { .. } => "an autoencoder".into(),
        FileKind::TextEncoder { .. } => "a text encoder".into(),
        FileKind::ControlNet { family, .. } => format!("a ControlNet for {}", family_of(*family)),
        FileKind::Lora(summary) => match summary.family {
            Some(family) => format!("a LoRA for {}", family_of(family)),
            None => "a LoRA".into(),
        },
        FileKind::TextualInversion { .. } => "a textual inversion".into(),
        FileKind::LayerPatch { family: Some(family), .. } => {
            format!("a layer patch for {}", family_of(*family))
        }
        FileKind::LayerPatch { family: None, .. } => "a layer patch".into(),
        FileKind::AttentionSharing(_) => "a layer model for SD1.5".into(),
        FileKind::TransparencyDecoder => "a transparency decoder".into(),
        FileKind::TransparencyEncoder => "a transparency encoder".into(),
        FileKind::DepthEstimator(_) => "a depth estimator".into(),
        FileKind::Upscaler(_) => "an upscaling network".into(),
        FileKind::DiffusersOffsets { .. } => "a file of offsets for a diffusers UNet".into(),
        FileKind::Unknown => "no file of a kind that is known".into(),
    }
}

/// The family as wires name it.
pub(crate) fn family_of(family: NetFamily) -> Family {
    match family {
        NetFamily::Sd15 => Family::Sd15,
        NetFamily::Sd2 => Family::Sd2,
        NetFamily::Sdxl => Family::Sdxl,
        NetFamily::SdxlRefiner => Family::SdxlRefiner,
    }
}

fn prediction_of(prediction: NetPrediction) -> Prediction {
    match prediction {
        NetPrediction::Eps => Prediction::Epsilon,
        NetPrediction::V { zero_snr } => Prediction::Velocity { zero_snr },
    }
}

/// Refuses a network of its own kind that would be computed wrong: with tensors missing, with one below `prefix` that it
/// has no use for, which a relative of it has, or with whole numbers for weights.
pub(crate) fn refuse_unsound(
    name: &str,
    weights: &Weights,
    found: &Inspection,
    prefix: &str,
    layout: &Shapes,
) -> Result<(), DiffusionError> {
    refuse_missing(name, &found.missing)?;
    if let Some(key) = found.unexpected.iter().find(|key| key.starts_with(prefix)) {
        return unfit(format!(
            "`{name}` holds `{key}`, which this network does not have: it is a relative that is not known"
        ));
    }
    Ok(weights.require_floats(layout.keys())?)
}

/// An error about keys that are missing, naming the first few.
pub(crate) fn refuse_missing(name: &str, missing: &[String]) -> Result<(), DiffusionError> {
    const SHOWN: usize = 5;
    if missing.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = missing.iter().take(SHOWN).map(String::as_str).collect();
    let more = missing.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    unfit(format!("`{name}` lacks, or has in another shape, {}{more}", shown.join(", ")))
}
