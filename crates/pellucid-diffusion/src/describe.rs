//! What a weight file is, in words.

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_nets::checkpoint::{
    ClipConfig, ClipKind, FileKind, Heads, Inspection, LayerModel, Layout, Prediction, UnetConfig,
    VaeConfig, inspect,
};
use pellucid_nets::weights::Weights;

use crate::DiffusionError;
use crate::files::{family_of, kind_name};

/// What a weight file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// In a few words with an article: `a checkpoint of SDXL`.
    pub what: String,
    /// What there is to say of it, by topic.
    pub details: Vec<(&'static str, String)>,
    /// Keys that a file of this kind has and this one lacks, or has in another shape.
    pub missing: Vec<String>,
    /// Keys that have no place in a file of this kind.
    pub unexpected: Vec<String>,
    /// Keys of tensors that hold a NaN or an infinity, when they were looked for.
    pub not_finite: Vec<String>,
}

/// Tells what a file is; with `read` every number is looked at too.
///
/// # Errors
/// When it is no weight file, or damaged.
pub fn describe(path: &Path, read: bool) -> Result<Description, DiffusionError> {
    let weights = Weights::open(path)?;
    let Inspection { kind, missing, unexpected } = inspect(&weights.shapes());
    let mut details = of_kind(&kind);
    details.extend(of_tensors(&weights));
    for (key, value) in weights.metadata() {
        const SHOWN: usize = 100;
        if value.chars().count() <= SHOWN {
            details.push(("metadata", format!("{key}: {value}")));
        }
    }
    let not_finite = if read { weights.non_finite()? } else { Vec::new() };
    Ok(Description { what: kind_name(&kind), details, missing, unexpected, not_finite })
}

fn of_kind(kind: &FileKind) -> Vec<(&'static str, String)> {
    match kind {
        FileKind::Checkpoint { prediction, unet, vae, clips, .. } => {
            let mut details = vec![("predicts", predicts(*prediction)), ("unet", of_unet(unet))];
            details.push(("vae", vae.as_ref().map_or_else(|| "none".into(), of_vae)));
            details.extend(clips.iter().map(of_clip));
            if clips.is_empty() {
                details.push(("text", "no text encoder".into()));
            }
            details
        }
        FileKind::Unet { prediction, layout, unet, .. } => vec![
            ("predicts", predicts(*prediction)),
            ("layout", layout_name(*layout)),
            ("unet", of_unet(unet)),
        ],
        FileKind::Vae { layout, vae } => {
            vec![("layout", layout_name(*layout)), ("vae", of_vae(vae))]
        }
        FileKind::TextEncoder { clips } => clips.iter().map(|file| of_clip(&file.clip)).collect(),
        FileKind::ControlNet { layout, unet, sorts, .. } => {
            let mut details = vec![("layout", layout_name(*layout)), ("encoder", of_unet(unet))];
            details.extend(sorts.map(|sorts| ("sorts of pictures", sorts.to_string())));
            details
        }
        FileKind::Lora(summary) => vec![
            (
                "family",
                summary.family.map_or("not told by its keys", |f| family_of(f).name()).into(),
            ),
            (
                "layers",
                format!(
                    "{} of the unet, {} of text encoders",
                    summary.unet_layers, summary.text_layers
                ),
            ),
        ],
        FileKind::TextualInversion { vectors, width, for_sdxl } => {
            let for_what = if *for_sdxl { "CLIP-L and bigG" } else { "one encoder" };
            vec![("vectors", format!("{vectors} of width {width}, for {for_what}"))]
        }
        FileKind::LayerPatch { family, which, in_channels } => {
            let family = family.map_or("not told by its keys", |f| family_of(f).name());
            let mut details = vec![("family", family.into()), ("does", layer_model(*which).into())];
            if let Some(channels) = in_channels {
                details.push(("input", format!("{channels} channels")));
            }
            details
        }
        FileKind::AttentionSharing(sharing) => vec![
            ("frames", sharing.frames.to_string()),
            ("looks at a picture", if sharing.control { "yes" } else { "no" }.into()),
            ("adapters", format!("{} of rank {}", sharing.layers, sharing.rank)),
        ],
        FileKind::DepthEstimator(config) => vec![
            ("transformer", format!("{} blocks of width {}", config.blocks, config.width)),
            ("features", config.features.to_string()),
        ],
        FileKind::Upscaler(config) => vec![
            ("scale", format!("{}", config.scale())),
            ("blocks", format!("{} of width {}", config.blocks, config.width)),
        ],
        FileKind::DiffusersOffsets { which } => vec![("does", layer_model(*which).into())],
        FileKind::TransparencyDecoder | FileKind::TransparencyEncoder | FileKind::Unknown => {
            Vec::new()
        }
    }
}

fn predicts(prediction: Prediction) -> String {
    match prediction {
        Prediction::Eps => "noise",
        Prediction::V { zero_snr: false } => "velocity",
        Prediction::V { zero_snr: true } => "velocity, down to pure noise",
    }
    .into()
}

fn layout_name(layout: Layout) -> String {
    match layout {
        Layout::Ldm => "original",
        Layout::Diffusers => "diffusers",
    }
    .into()
}

fn of_unet(unet: &UnetConfig) -> String {
    let levels: Vec<String> = unet
        .levels
        .iter()
        .map(|level| {
            let width = unet.base_width * level.multiplier;
            format!("{width}x{}", level.residual_blocks)
        })
        .collect();
    let depths: Vec<String> =
        unet.levels.iter().map(|level| level.transformer_depth.to_string()).collect();
    let heads = match unet.heads {
        Heads::Count(count) => format!("{count} heads"),
        Heads::Width(width) => format!("heads of {width}"),
    };
    format!(
        "{} channels in, levels {}, transformers {}, text {} wide, {heads}",
        unet.in_channels,
        levels.join(" "),
        depths.join(" "),
        unet.context_width
    )
}

fn of_vae(vae: &VaeConfig) -> String {
    let widths: Vec<String> = vae.widths().iter().map(usize::to_string).collect();
    format!("{} latent channels, widths {}", vae.latent_channels, widths.join(" "))
}

fn of_clip(clip: &ClipConfig) -> (&'static str, String) {
    let name = match clip.kind {
        ClipKind::L => "CLIP-L",
        ClipKind::BigG => "CLIP-bigG",
    };
    ("text", format!("{name}, {} wide, {} layers", clip.width, clip.layers))
}

fn layer_model(which: LayerModel) -> &'static str {
    match which {
        LayerModel::TransparentAttention => "transparent layers, the attention variant",
        LayerModel::TransparentConvolution => "transparent layers, the convolution variant",
        LayerModel::OneToBlended => "from a foreground, or a background, to the blend",
        LayerModel::ForegroundBlendedToBackground => "from foreground and blend to the background",
        LayerModel::BackgroundBlendedToForeground => "from background and blend to the foreground",
    }
}

fn of_tensors(weights: &Weights) -> Vec<(&'static str, String)> {
    let mut elements = 0u64;
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = 0;
    for key in weights.keys() {
        count += 1;
        let size: usize = weights.shape(key).map_or(0, |shape| shape.iter().product());
        elements += size as u64;
        if let Some(dtype) = weights.dtype(key) {
            *types.entry(format!("{dtype:?}")).or_default() += size as u64;
        }
    }
    let types: Vec<String> =
        types.into_iter().map(|(name, size)| format!("{name} {}", many(size))).collect();
    vec![("tensors", format!("{count}, {} numbers: {}", many(elements), types.join(", ")))]
}

/// A count for people.
fn many(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{:.1} k", count as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} M", count as f64 / 1e6),
        _ => format!("{:.2} G", count as f64 / 1e9),
    }
}
