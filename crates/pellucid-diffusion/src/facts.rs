//! What headers say: facts of models, encoders, patches and ControlNets before anything is loaded.

use pellucid_nets::checkpoint::{
    AttentionSharing, ClipKind, Family as NetFamily, FileKind, LayerModel, LoraSummary,
};
use pellucid_nets::weights::Weights;
use pellucid_value::{
    ClipFact, ControlNetFact, Family, LayerCodecFact, ModelFact, Prediction, VaeFact, WeightFile,
};

use crate::DiffusionError;
use crate::error::unfit;
use crate::files::{Networks, family_of, inspection, kind_name, networks, open, refuse_missing};

/// What the networks in some files are.
#[derive(Clone, Debug, Default)]
pub struct NetworksFact {
    /// The UNet.
    pub model: Option<ModelFact>,
    /// The text encoders.
    pub clip: Option<ClipFact>,
    /// The autoencoder.
    pub vae: Option<VaeFact>,
    /// Keys that no network needs.
    pub unexpected: Vec<String>,
}

/// Bytes of one number of a loaded network, but of weights that stay in half precision.
const LOADED: u64 = 4;
/// Bytes of one of those.
const SHORT: u64 = 2;

/// What the networks in these files are.
///
/// # Errors
/// When a file is damaged, holds no network, or a network is not complete.
pub fn networks_fact(files: &[WeightFile]) -> Result<NetworksFact, DiffusionError> {
    let networks = networks(files)?;
    let name = files.first().map_or("", |file| &*file.name);
    refuse_missing(name, &networks.missing)?;
    if let Some(channels) = networks.vae.as_ref().map(|vae| vae.channels).filter(|n| *n != 3) {
        return unfit(format!(
            "the autoencoder in `{name}` is for pictures of {channels} channels, not of red, green and blue"
        ));
    }
    Ok(NetworksFact {
        model: model_fact(&networks),
        clip: clip_fact(&networks),
        vae: vae_fact(&networks),
        unexpected: networks.unexpected,
    })
}

fn model_fact(networks: &Networks) -> Option<ModelFact> {
    let (unet, weights) = (networks.unet.as_ref()?, networks.parts.unet.as_ref()?);
    Some(ModelFact {
        family: networks.family?,
        prediction: networks.prediction.unwrap_or(Prediction::Epsilon),
        in_channels: unet.in_channels as u32,
        frames: 0,
        bytes: loaded_bytes(weights),
    })
}

fn clip_fact(networks: &Networks) -> Option<ClipFact> {
    let of = |kind| networks.clips.iter().find(|clip| clip.kind == kind);
    let weights = [&networks.parts.clip_l, &networks.parts.clip_g];
    let bytes = weights.into_iter().flatten().map(loaded_bytes).sum();
    let (family, width, pooled) = match (of(ClipKind::L), of(ClipKind::BigG)) {
        (Some(l), Some(g)) => (Family::Sdxl, l.width + g.width, g.projection.unwrap_or(g.width)),
        (Some(l), None) => (Family::Sd15, l.width, l.width),
        (None, Some(g)) => (Family::SdxlRefiner, g.width, g.projection.unwrap_or(g.width)),
        (None, None) => return None,
    };
    Some(ClipFact { family, width: width as u32, pooled: pooled as u32, bytes })
}

fn vae_fact(networks: &Networks) -> Option<VaeFact> {
    let (vae, weights) = (networks.vae.as_ref()?, networks.parts.vae.as_ref()?);
    Some(VaeFact {
        family: networks.family,
        channels: vae.latent_channels as u32,
        pixels: vae.pixels_per_latent() as u32,
        width: vae.widths().first().copied().unwrap_or(128) as u32,
        bytes: loaded_bytes(weights),
    })
}

/// Bytes of a network's weights once loaded: what kernels widen stays in half precision.
pub(crate) fn loaded_bytes(weights: &Weights) -> u64 {
    let bytes = |key: &str| {
        let rank = weights.shape(key).map_or(0, <[usize]>::len);
        let short = rank > 1 && weights.short(key).is_some();
        elements(weights, key) * if short { SHORT } else { LOADED }
    };
    weights.keys().map(bytes).sum()
}

fn elements(weights: &Weights, key: &str) -> u64 {
    weights.shape(key).map_or(0, |shape| shape.iter().map(|&n| n as u64).product())
}

/// What a ControlNet file is.
///
/// # Errors
/// When it is damaged, incomplete, or something else.
pub fn controlnet_fact(file: &WeightFile) -> Result<ControlNetFact, DiffusionError> {
    let found = inspection(file)?.kind;
    let FileKind::ControlNet { sorts, .. } = found else {
        return unfit(format!("`{}` is {}, not a ControlNet", file.name, kind_name(&found)));
    };
    let networks = networks(std::slice::from_ref(file))?;
    let (Some(weights), Some(family)) = (&networks.parts.controlnet, networks.family) else {
        return unfit(format!("`{}` holds no ControlNet", file.name));
    };
    refuse_missing(&file.name, &networks.missing)?;
    let sorts = sorts.map(|sorts| sorts as u32);
    Ok(ControlNetFact { family, sorts, bytes: loaded_bytes(weights) })
}

/// Refuses a file that is no textual inversion, or one whose vectors no text encoder could read.
///
/// Of two encoders it is enough that one can.
///
/// # Errors
/// As said, or when the file is damaged.
pub fn embedding_fits(file: &WeightFile, clip: &ClipFact) -> Result<(), DiffusionError> {
    let (width, for_sdxl) = match inspection(file)?.kind {
        FileKind::TextualInversion { width, for_sdxl, .. } => (width as u32, for_sdxl),
        other => {
            let what = kind_name(&other);
            return unfit(format!("`{}` is {what}, not a textual inversion", file.name));
        }
    };
    let wanted = match clip.family {
        Family::Sdxl => vec![clip.width.saturating_sub(clip.pooled), clip.pooled],
        _ => vec![clip.width],
    };
    if wanted.contains(&width) || (for_sdxl && clip.family == Family::Sdxl) {
        return Ok(());
    }
    let wanted: Vec<String> = wanted.iter().map(u32::to_string).collect();
    unfit(format!(
        "the vectors in `{}` are {width} wide, but those of {} are {}",
        file.name,
        clip.family,
        wanted.join(" or ")
    ))
}

/// Refuses a file that is no LoRA, or one for another line of models.
///
/// # Errors
/// As said, or when the file is damaged.
pub fn lora_fits(file: &WeightFile, family: Family) -> Result<LoraSummary, DiffusionError> {
    match inspection(file)?.kind {
        FileKind::Lora(summary) => match summary.family.map(family_of) {
            Some(its) if its != family => {
                unfit(format!("`{}` is a LoRA for {its}, but the model is {family}", file.name))
            }
            _ => Ok(summary),
        },
        other => unfit(format!("`{}` is {}, not a LoRA", file.name, kind_name(&other))),
    }
}

/// What a layer patch makes of a model: its kind, and the model's input channels afterwards.
///
/// # Errors
/// When the file is none, or is for another line of models.
pub fn patch_fact(
    file: &WeightFile,
    model: &ModelFact,
) -> Result<(LayerModel, u32), DiffusionError> {
    let (family, which, in_channels) = match inspection(file)?.kind {
        FileKind::LayerPatch { family, which, in_channels } => (family, which, in_channels),
        FileKind::DiffusersOffsets { which } => (Some(NetFamily::Sdxl), which, None),
        other => {
            return unfit(format!(
                "`{}` is {}, not a layer patch for {}",
                file.name,
                kind_name(&other),
                model.family
            ));
        }
    };
    if let Some(family) = family.map(family_of).filter(|family| *family != model.family) {
        let (name, other) = (&file.name, model.family);
        return unfit(format!("`{name}` is a layer patch for {family}, but the model is {other}"));
    }
    Ok((which, in_channels.map_or(model.in_channels, |channels| channels as u32)))
}

/// What an attention-sharing file is.
///
/// # Errors
/// When the file is none, or the model is not of its line.
pub fn sharing_fact(file: &WeightFile, family: Family) -> Result<AttentionSharing, DiffusionError> {
    match inspection(file)?.kind {
        FileKind::AttentionSharing(sharing) if family == Family::Sd15 => Ok(sharing),
        FileKind::AttentionSharing(_) => {
            unfit(format!("`{}` is a layer model for SD1.5, but the model is {family}", file.name))
        }
        other => {
            unfit(format!("`{}` is {}, not a layer model for SD1.5", file.name, kind_name(&other)))
        }
    }
}

/// What a transparency codec of these files is, for that line of models.
///
/// # Errors
/// When a file is something else, or damaged.
pub fn codec_fact(
    decoder: Option<&WeightFile>,
    encoder: Option<&WeightFile>,
    family: Family,
) -> Result<LayerCodecFact, DiffusionError> {
    let mut bytes = 0;
    let wanted = [
        (decoder, FileKind::TransparencyDecoder, "a transparency decoder"),
        (encoder, FileKind::TransparencyEncoder, "a transparency encoder"),
    ];
    for (file, kind, name) in wanted {
        let Some(file) = file else { continue };
        let found = inspection(file)?.kind;
        if found != kind {
            return unfit(format!("`{}` is {}, not {name}", file.name, kind_name(&found)));
        }
        bytes += loaded_bytes(&open(file)?);
    }
    Ok(LayerCodecFact { family, decodes: decoder.is_some(), encodes: encoder.is_some(), bytes })
}
