//! Names of the diffusers layout, translated to those of the original checkpoints.

use crate::weights::Weights;

/// What must be known of a diffusers UNet to translate its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffusersUnet {
    /// Residual blocks per level on the way down.
    pub residual_blocks: usize,
    /// For each block on the way up, whether it has transformers.
    pub up_transformers: Vec<bool>,
}

impl DiffusersUnet {
    /// Reads it from the keys of a diffusers UNet or ControlNet; `None` if they are not of that layout.
    pub fn from_weights(weights: &Weights) -> Option<Self> {
        let residual_blocks = (0..)
            .take_while(|j| weights.has(&format!("down_blocks.0.resnets.{j}.conv1.weight")))
            .count();
        let transformers = |up: usize| {
            let has = |key: &str| weights.has(&format!("up_blocks.{up}.{key}.weight"));
            has("resnets.0.conv1").then(|| has("attentions.0.norm"))
        };
        let up_transformers = (0..).map_while(transformers).collect();
        (residual_blocks > 0).then_some(Self { residual_blocks, up_transformers })
    }
}

/// The original name of a diffusers UNet or ControlNet tensor; `None` if it is not one.
pub fn ldm_unet_name(diffusers: &str, unet: &DiffusersUnet) -> Option<String> {
    if let Some(name) = WHOLE.iter().find_map(|(from, to)| replace_prefix(diffusers, from, to)) {
        return Some(name);
    }
    let per_level = unet.residual_blocks + 1;
    if let Some(rest) = diffusers.strip_prefix("down_blocks.") {
        let (level, part, index, tail) = place(rest)?;
        let block = 1 + level * per_level + index;
        return Some(match part {
            "resnets" => format!("input_blocks.{block}.0.{}", residual_part(tail)?),
            "attentions" => format!("input_blocks.{block}.1.{tail}"),
            "downsamplers" => {
                let block = (level + 1) * per_level;
                format!("input_blocks.{block}.0.op.{}", tail.strip_prefix("conv.")?)
            }
            _ => return None,
        });
    }
    if let Some(rest) = diffusers.strip_prefix("up_blocks.") {
        let (level, part, index, tail) = place(rest)?;
        let block = level * per_level + index;
        return Some(match part {
            "resnets" => format!("output_blocks.{block}.0.{}", residual_part(tail)?),
            "attentions" => format!("output_blocks.{block}.1.{tail}"),
            "upsamplers" => {
                let block = level * per_level + unet.residual_blocks;
                let place = if *unet.up_transformers.get(level)? { 2 } else { 1 };
                format!("output_blocks.{block}.{place}.{tail}")
            }
            _ => return None,
        });
    }
    let (part, index, tail) = part_and_index(diffusers.strip_prefix("mid_block.")?)?;
    match part {
        "resnets" => Some(format!("middle_block.{}.{}", 2 * index, residual_part(tail)?)),
        "attentions" => Some(format!("middle_block.1.{tail}")),
        _ => None,
    }
}

/// The weights under their original names; weights that have them already are returned as they are.
pub fn unet_in_ldm_layout(weights: &Weights) -> Weights {
    match DiffusersUnet::from_weights(weights) {
        Some(unet) => weights.renamed(|name| ldm_unet_name(name, &unet)),
        None => weights.clone(),
    }
}

const WHOLE: &[(&str, &str)] = &[
    ("conv_in.", "input_blocks.0.0."),
    ("time_embedding.linear_1.", "time_embed.0."),
    ("time_embedding.linear_2.", "time_embed.2."),
    ("add_embedding.linear_1.", "label_emb.0.0."),
    ("add_embedding.linear_2.", "label_emb.0.2."),
    ("conv_norm_out.", "out.0."),
    ("conv_out.", "out.2."),
];

const RESIDUAL: &[(&str, &str)] = &[
    ("norm1.", "in_layers.0."),
    ("conv1.", "in_layers.2."),
    ("time_emb_proj.", "emb_layers.1."),
    ("norm2.", "out_layers.0."),
    ("conv2.", "out_layers.3."),
    ("conv_shortcut.", "skip_connection."),
];

fn residual_part(tail: &str) -> Option<String> {
    RESIDUAL.iter().find_map(|(from, to)| replace_prefix(tail, from, to))
}

fn replace_prefix(name: &str, from: &str, to: &str) -> Option<String> {
    Some(format!("{to}{}", name.strip_prefix(from)?))
}

/// `3.resnets.1.conv1.weight` to `(3, "resnets", 1, "conv1.weight")`.
fn place(name: &str) -> Option<(usize, &str, usize, &str)> {
    let (level, rest) = name.split_once('.')?;
    let (part, index, tail) = part_and_index(rest)?;
    Some((level.parse().ok()?, part, index, tail))
}

fn part_and_index(name: &str) -> Option<(&str, usize, &str)> {
    let (part, rest) = name.split_once('.')?;
    let (index, tail) = rest.split_once('.')?;
    Some((part, index.parse().ok()?, tail))
}
