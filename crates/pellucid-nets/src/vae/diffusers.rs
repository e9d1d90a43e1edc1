//! Names of the diffusers layout, translated to those of the original checkpoints.

use crate::weights::Weights;

/// The original name of a diffusers autoencoder tensor, for a network of so many levels; `None` if it is
/// not one. Both spellings of the attention's parts are known.
pub fn ldm_vae_name(diffusers: &str, levels: usize) -> Option<String> {
    if let Some(("quant_conv" | "post_quant_conv", _)) = diffusers.split_once('.') {
        return Some(diffusers.to_owned());
    }
    let (half, rest) = diffusers.split_once('.')?;
    if !matches!(half, "encoder" | "decoder") {
        return None;
    }
    let (part, tail) = rest.split_once('.')?;
    let name = match part {
        "conv_in" | "conv_out" => rest.to_owned(),
        "conv_norm_out" => format!("norm_out.{tail}"),
        "mid_block" => middle(tail)?,
        "down_blocks" => {
            let (level, tail) = numbered(tail)?;
            format!("down.{level}.{}", level_part(tail)?)
        }
        "up_blocks" => {
            let (level, tail) = numbered(tail)?;
            let level = levels.checked_sub(level + 1)?;
            format!("up.{level}.{}", level_part(tail)?)
        }
        _ => return None,
    };
    Some(format!("{half}.{name}"))
}

/// The weights under their original names; weights that have them already are returned as they are.
pub fn vae_in_ldm_layout(weights: &Weights) -> Weights {
    let block =
        |level: &usize| weights.has(&format!("encoder.down_blocks.{level}.resnets.0.conv1.weight"));
    match (0..).take_while(block).count() {
        0 => weights.clone(),
        levels => weights.renamed(|name| ldm_vae_name(name, levels)),
    }
}

const ATTENTION: &[(&str, &str)] = &[
    ("group_norm.", "norm."),
    ("to_q.", "q."),
    ("to_k.", "k."),
    ("to_v.", "v."),
    ("to_out.0.", "proj_out."),
    ("query.", "q."),
    ("key.", "k."),
    ("value.", "v."),
    ("proj_attn.", "proj_out."),
];

fn middle(name: &str) -> Option<String> {
    let (part, rest) = name.split_once('.')?;
    let (index, tail) = numbered(rest)?;
    match part {
        "resnets" => Some(format!("mid.block_{}.{}", index + 1, residual_part(tail))),
        "attentions" => ATTENTION.iter().find_map(|(from, to)| {
            Some(format!("mid.attn_{}.{to}{}", index + 1, tail.strip_prefix(from)?))
        }),
        _ => None,
    }
}

fn level_part(name: &str) -> Option<String> {
    let (part, rest) = name.split_once('.')?;
    let (index, tail) = numbered(rest)?;
    match part {
        "resnets" => Some(format!("block.{index}.{}", residual_part(tail))),
        "downsamplers" => Some(format!("downsample.{tail}")),
        "upsamplers" => Some(format!("upsample.{tail}")),
        _ => None,
    }
}

fn residual_part(name: &str) -> String {
    match name.strip_prefix("conv_shortcut.") {
        Some(tail) => format!("nin_shortcut.{tail}"),
        None => name.to_owned(),
    }
}

fn numbered(name: &str) -> Option<(usize, &str)> {
    let (number, rest) = name.split_once('.')?;
    Some((number.parse().ok()?, rest))
}
