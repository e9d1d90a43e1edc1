//! Files that patch models or stand beside them: LoRA, textual inversion, LayerDiffuse.

use std::collections::BTreeSet;

use super::kind::{AttentionSharing, Family, FileKind, LayerModel, LoraSummary};
use super::shapes::{Shapes, any_below, count, size};
use crate::patch::lora_layer;

/// Channels of the first level of SDXL, and of SD1.5.
const SDXL_WIDTH: usize = 320;

pub(super) fn layer_patch(shapes: &Shapes) -> Option<FileKind> {
    if !shapes.keys().any(|key| key.contains("::")) {
        return None;
    }
    let first = "diffusion_model.input_blocks.0.0.weight::diff::0";
    let in_channels = size(shapes, first, 1);
    let transformers = shapes.keys().any(|key| key.contains(".transformer_blocks."));
    let which = match in_channels {
        None => LayerModel::TransparentAttention,
        Some(8) => LayerModel::OneToBlended,
        Some(12) if transformers => LayerModel::BackgroundBlendedToForeground,
        Some(12) => LayerModel::ForegroundBlendedToBackground,
        Some(_) => LayerModel::TransparentConvolution,
    };
    // Released patches of nothing but the first convolution are for SDXL.
    let released = (size(shapes, first, 0) == Some(SDXL_WIDTH)).then_some(Family::Sdxl);
    let family = unet_family(shapes.keys().map(String::as_str)).or(released);
    Some(FileKind::LayerPatch { family, which, in_channels })
}

/// The family whose UNet has the patched blocks; `None` where they are in both.
fn unet_family<'a>(mut keys: impl Iterator<Item = &'a str>) -> Option<Family> {
    keys.find_map(|key| {
        // SD1.5 attends at the first level and the last, SDXL several times in a row.
        if [".input_blocks.1.1.", ".output_blocks.11."].iter().any(|mark| key.contains(mark)) {
            Some(Family::Sd15)
        } else {
            key.contains(".transformer_blocks.1.").then_some(Family::Sdxl)
        }
    })
}

pub(super) fn attention_sharing(shapes: &Shapes) -> Option<FileKind> {
    let layers = count(shapes, |i| format!("hookers.layers.{i}.to_q_lora.0.down.weight"));
    let down = |i: usize| format!("hookers.layers.0.to_q_lora.{i}.down.weight");
    (layers > 0).then(|| {
        FileKind::AttentionSharing(AttentionSharing {
            frames: count(shapes, down),
            rank: size(shapes, &down(0), 0).unwrap_or(0),
            control: any_below(shapes, "kwargs_encoder."),
            layers,
        })
    })
}

pub(super) fn transparency(shapes: &Shapes) -> Option<FileKind> {
    let has = |key: &str| shapes.contains_key(key);
    if has("latent_conv_in.weight") && has("conv_in.weight") {
        Some(FileKind::TransparencyDecoder)
    } else if has("blocks.0.weight") && has("blocks.16.weight") && !has("conv_in.weight") {
        Some(FileKind::TransparencyEncoder)
    } else {
        None
    }
}

pub(super) fn diffusers_offsets(shapes: &Shapes) -> Option<FileKind> {
    let part = |key: &String| {
        ["down_blocks.", "mid_block.", "up_blocks.", "conv_in.", "conv_out.", "conv_norm_out."]
            .iter()
            .any(|prefix| key.starts_with(prefix))
    };
    (any_below(shapes, "mid_block.") && shapes.keys().all(part)).then(|| {
        FileKind::DiffusersOffsets {
            which: if shapes.contains_key("conv_in.weight") {
                LayerModel::TransparentConvolution
            } else {
                LayerModel::TransparentAttention
            },
        }
    })
}

pub(super) fn lora(shapes: &Shapes) -> Option<FileKind> {
    let layers: BTreeSet<&str> = shapes.keys().filter_map(|key| lora_layer(key)).collect();
    if layers.is_empty() {
        return None;
    }
    let is_text = |layer: &&&str| {
        ["lora_te", "text_encoder", "clip_"].iter().any(|prefix| layer.starts_with(prefix))
    };
    let text_layers = layers.iter().filter(is_text).count();
    Some(FileKind::Lora(LoraSummary {
        family: lora_family(&layers),
        unet_layers: layers.len() - text_layers,
        text_layers,
    }))
}

/// Blocks and encoders that only one of the families has.
fn lora_family(layers: &BTreeSet<&str>) -> Option<Family> {
    const SDXL: [&str; 9] = [
        "lora_te1_",
        "lora_te2_",
        "text_encoder_2.",
        "label_emb",
        "add_embedding",
        "transformer_blocks_1_",
        "transformer_blocks.1.",
        "up_blocks_0_attentions",
        "up_blocks.0.attentions",
    ];
    const SD15: [&str; 9] = [
        "lora_te_",
        "down_blocks_0_attentions",
        "down_blocks.0.attentions",
        "up_blocks_3_",
        "up_blocks.3.",
        "input_blocks_1_1_",
        "input_blocks.1.1.",
        "output_blocks_11_",
        "output_blocks.11.",
    ];
    let any = |marks: &[&str]| layers.iter().any(|l| marks.iter().any(|mark| l.contains(mark)));
    if any(&SDXL) {
        Some(Family::Sdxl)
    } else if any(&SD15) {
        Some(Family::Sd15)
    } else {
        None
    }
}

pub(super) fn textual_inversion(shapes: &Shapes) -> Option<FileKind> {
    let vectors = |shape: &[usize]| match *shape {
        [width] => Some((1, width)),
        [vectors, width] => Some((vectors, width)),
        _ => None,
    };
    let named = ["clip_l", "clip_g", "emb_params"].iter().find(|key| shapes.contains_key(**key));
    let prefixed = |prefix: &str| shapes.keys().find(|key| key.starts_with(prefix));
    let key = match named {
        Some(key) => *key,
        None => match (prefixed("string_to_param"), prefixed("bundle_emb."), shapes.len()) {
            (Some(key), ..) | (None, Some(key), _) => key,
            (None, None, 1) => shapes.keys().next()?,
            _ => return None,
        },
    };
    let (vectors, width) = vectors(shapes.get(key)?)?;
    Some(FileKind::TextualInversion {
        vectors,
        width,
        for_sdxl: shapes.contains_key("clip_g") && shapes.contains_key("clip_l"),
    })
}
