//! Names of the diffusers layout and the ldm names of the same tensors.

use super::shapes::{Shapes, count, size};
use super::unet::UnetConfig;

/// The ldm name of a tensor of a diffusers UNet or ControlNet; `None` if there is none.
///
/// `blocks` is the number of residual blocks per level on the way down, see [`unet_blocks`].
pub fn ldm_name(name: &str, blocks: &[usize]) -> Option<String> {
    let (head, tail) = name.split_once('.')?;
    let start = |level: usize| 1 + blocks[..level].iter().map(|n| n + 1).sum::<usize>();
    match head {
        "conv_in" => Some(format!("input_blocks.0.0.{tail}")),
        "conv_norm_out" => Some(format!("out.0.{tail}")),
        "conv_out" => Some(format!("out.2.{tail}")),
        "time_embedding" => Some(format!("time_embed.{}", linear(tail)?)),
        "add_embedding" => Some(format!("label_emb.0.{}", linear(tail)?)),
        "down_blocks" => {
            let (level, tail) = number(tail)?;
            let first = start(checked(level, blocks)?);
            let (part, index, tail) = indexed(tail)?;
            match part {
                "downsamplers" => {
                    let tail = tail.strip_prefix("conv.")?;
                    Some(format!("input_blocks.{}.0.op.{tail}", first + blocks[level]))
                }
                _ if index < blocks[level] => {
                    Some(format!("input_blocks.{}.{}", first + index, inner(part, tail)?))
                }
                _ => None,
            }
        }
        "mid_block" => {
            let (part, index, tail) = indexed(tail)?;
            match (part, index) {
                ("attentions", 0) => Some(format!("middle_block.1.{tail}")),
                ("resnets", 0 | 1) => {
                    Some(format!("middle_block.{}.{}", 2 * index, residual(tail)?))
                }
                _ => None,
            }
        }
        "up_blocks" => {
            let (up, tail) = number(tail)?;
            let level = blocks.len().checked_sub(1 + checked(up, blocks)?)?;
            let first: usize = blocks[level + 1..].iter().map(|n| n + 1).sum();
            let (part, index, tail) = indexed(tail)?;
            match part {
                "upsamplers" => {
                    // The place of the upsampler depends on whether there is a transformer before
                    // it; `ldm_unet` puts the right number in.
                    Some(format!("output_blocks.{}.up.{tail}", first + blocks[level]))
                }
                _ if index <= blocks[level] => {
                    Some(format!("output_blocks.{}.{}", first + index, inner(part, tail)?))
                }
                _ => None,
            }
        }
        "controlnet_down_blocks" => {
            let (index, tail) = number(tail)?;
            Some(format!("zero_convs.{index}.0.{tail}"))
        }
        // What a union ControlNet has, by the name that a dense layer gives it.
        "transformer_layes" => Some(name.replace(".attn.in_proj_", ".attn.in_proj.")),
        "controlnet_mid_block" => Some(format!("middle_block_out.0.{tail}")),
        "controlnet_cond_embedding" => Some(format!("input_hint_block.{}", hint(tail)?)),
        _ => None,
    }
}

/// Residual blocks per level on the way down of a diffusers UNet or ControlNet.
pub fn unet_blocks(shapes: &Shapes) -> Vec<usize> {
    let level = |l: usize| {
        count(shapes, |r| format!("down_blocks.{l}.resnets.{r}.conv1.weight"))
            .max(count(shapes, |a| format!("down_blocks.{l}.attentions.{a}.{FIRST_QUERY}")))
    };
    (0..).map(level).take_while(|&blocks| blocks > 0).collect()
}

/// The ldm names of the tensors of a diffusers UNet, ControlNet or part of one, in their order.
///
/// Tensors that have none keep their name.
pub fn ldm_unet(shapes: &Shapes) -> Vec<(String, String)> {
    let blocks = unet_blocks(shapes);
    let named: Vec<_> = shapes
        .keys()
        .map(|key| (key.clone(), ldm_name(key, &blocks).unwrap_or_else(|| key.clone())))
        .collect();
    let has_transformer = |block: &str| {
        let inside = format!("{block}.1.");
        named.iter().any(|(_, ldm)| ldm.starts_with(&inside))
    };
    let place = |ldm: &str| match ldm.split_once(".up.") {
        Some((block, tail)) => {
            format!("{block}.{}.{tail}", if has_transformer(block) { 2 } else { 1 })
        }
        None => ldm.to_owned(),
    };
    named.iter().map(|(key, ldm)| (key.clone(), place(ldm))).collect()
}

/// For every tensor of a UNet, its name in the diffusers layout and its ldm name.
pub fn unet_names(config: &UnetConfig) -> Vec<(String, String)> {
    let blocks: Vec<usize> = config.levels.iter().map(|level| level.residual_blocks).collect();
    let ldm = super::unet::unet_layout(config);
    ldm.keys().filter_map(|key| Some((diffusers_name(key, &blocks)?, key.clone()))).collect()
}

/// The ldm names of the tensors of a diffusers VAE; tensors that have none keep their name.
pub fn ldm_vae(shapes: &Shapes) -> Vec<(String, String)> {
    let levels = count(shapes, |l| format!("decoder.up_blocks.{l}.resnets.0.conv1.weight"))
        .max(count(shapes, |l| format!("encoder.down_blocks.{l}.resnets.0.conv1.weight")));
    let name = |key: &String| vae_name(key, levels).unwrap_or_else(|| key.clone());
    shapes.keys().map(|key| (key.clone(), name(key))).collect()
}

fn vae_name(name: &str, levels: usize) -> Option<String> {
    let (side, rest) = name.split_once('.')?;
    if !matches!(side, "encoder" | "decoder") {
        return None;
    }
    let (head, tail) = rest.split_once('.')?;
    let inner = |part: &str, index: usize, tail: &str| match part {
        "resnets" => {
            Some(format!("block.{index}.{}", tail.replace("conv_shortcut", "nin_shortcut")))
        }
        "downsamplers" => Some(format!("downsample.{tail}")),
        "upsamplers" => Some(format!("upsample.{tail}")),
        _ => None,
    };
    let inside = match head {
        "conv_norm_out" => format!("norm_out.{tail}"),
        "down_blocks" => {
            let (level, tail) = number(tail)?;
            let (part, index, tail) = indexed(tail)?;
            format!("down.{level}.{}", inner(part, index, tail)?)
        }
        "up_blocks" => {
            let (level, tail) = number(tail)?;
            let (part, index, tail) = indexed(tail)?;
            format!("up.{}.{}", levels.checked_sub(level + 1)?, inner(part, index, tail)?)
        }
        "mid_block" => match indexed(tail)? {
            ("resnets", index, tail) => format!("mid.block_{}.{tail}", index + 1),
            ("attentions", 0, tail) => format!("mid.attn_1.{}", vae_attention(tail)?),
            _ => return None,
        },
        _ => return None,
    };
    Some(format!("{side}.{inside}"))
}

/// Both the present names and those of before diffusers 0.18.
fn vae_attention(tail: &str) -> Option<String> {
    let (layer, parameter) = tail.rsplit_once('.')?;
    let layer = match layer {
        "group_norm" => "norm",
        "to_q" | "query" => "q",
        "to_k" | "key" => "k",
        "to_v" | "value" => "v",
        "to_out.0" | "proj_attn" => "proj_out",
        _ => return None,
    };
    Some(format!("{layer}.{parameter}"))
}

const FIRST_QUERY: &str = "transformer_blocks.0.attn1.to_q.weight";

/// Layer names inside a residual block: diffusers and ldm.
const RESIDUAL: [(&str, &str); 6] = [
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
];

fn checked(level: usize, blocks: &[usize]) -> Option<usize> {
    (level < blocks.len()).then_some(level)
}

/// `3.rest` as 3 and `rest`.
fn number(text: &str) -> Option<(usize, &str)> {
    let (index, tail) = text.split_once('.')?;
    Some((index.parse().ok()?, tail))
}

/// `part.3.rest` as `part`, 3 and `rest`.
fn indexed(text: &str) -> Option<(&str, usize, &str)> {
    let (part, tail) = text.split_once('.')?;
    let (index, tail) = number(tail)?;
    Some((part, index, tail))
}

fn inner(part: &str, tail: &str) -> Option<String> {
    match part {
        "resnets" => Some(format!("0.{}", residual(tail)?)),
        "attentions" => Some(format!("1.{tail}")),
        _ => None,
    }
}

fn residual(tail: &str) -> Option<String> {
    let (layer, parameter) = tail.split_once('.')?;
    let (_, ldm) = RESIDUAL.iter().find(|(name, _)| *name == layer)?;
    Some(format!("{ldm}.{parameter}"))
}

fn linear(tail: &str) -> Option<String> {
    let tail = tail.strip_prefix("linear_")?;
    let (index, tail) = number(tail)?;
    matches!(index, 1 | 2).then(|| format!("{}.{tail}", 2 * (index - 1)))
}

fn hint(tail: &str) -> Option<String> {
    if let Some(tail) = tail.strip_prefix("conv_in.") {
        return Some(format!("0.{tail}"));
    }
    if let Some(tail) = tail.strip_prefix("conv_out.") {
        return Some(format!("14.{tail}"));
    }
    let (index, tail) = number(tail.strip_prefix("blocks.")?)?;
    Some(format!("{}.{tail}", 2 * (index + 1)))
}

/// The diffusers name of a tensor of a UNet by its ldm name.
fn diffusers_name(ldm: &str, blocks: &[usize]) -> Option<String> {
    let (head, tail) = ldm.split_once('.')?;
    match head {
        "time_embed" => Some(format!("time_embedding.{}", unlinear(tail)?)),
        "label_emb" => Some(format!("add_embedding.{}", unlinear(tail.strip_prefix("0.")?)?)),
        "out" => {
            let layer = if tail.starts_with('0') { "conv_norm_out" } else { "conv_out" };
            Some(format!("{layer}.{}", tail.split_once('.')?.1))
        }
        "middle_block" => {
            let (part, tail) = number(tail)?;
            Some(match part {
                1 => format!("mid_block.attentions.0.{tail}"),
                _ => format!("mid_block.resnets.{}.{}", part / 2, unresidual(tail)?),
            })
        }
        "input_blocks" => {
            let (block, tail) = number(tail)?;
            if block == 0 {
                return Some(format!("conv_in.{}", tail.strip_prefix("0.")?));
            }
            let (level, index) = place(block - 1, blocks.iter().copied())?;
            let key = format!("down_blocks.{level}");
            match tail.strip_prefix("0.op.") {
                Some(tail) => Some(format!("{key}.downsamplers.0.conv.{tail}")),
                None => Some(format!("{key}.{}", outer(index, tail)?)),
            }
        }
        "output_blocks" => {
            let (block, tail) = number(tail)?;
            let (up, index) = place(block, blocks.iter().rev().copied())?;
            let key = format!("up_blocks.{up}");
            match tail.split_once(".conv.") {
                Some((_, tail)) => Some(format!("{key}.upsamplers.0.conv.{tail}")),
                None => Some(format!("{key}.{}", outer(index, tail)?)),
            }
        }
        _ => None,
    }
}

/// Level and place in it of a running number; every level has one place more than blocks.
fn place(mut number: usize, blocks: impl Iterator<Item = usize>) -> Option<(usize, usize)> {
    for (level, blocks) in blocks.enumerate() {
        if number <= blocks {
            return Some((level, number));
        }
        number -= blocks + 1;
    }
    None
}

fn outer(index: usize, tail: &str) -> Option<String> {
    let (part, tail) = number(tail)?;
    Some(match part {
        0 => format!("resnets.{index}.{}", unresidual(tail)?),
        _ => format!("attentions.{index}.{tail}"),
    })
}

fn unresidual(tail: &str) -> Option<String> {
    RESIDUAL.iter().find_map(|(name, ldm)| {
        let parameter = tail.strip_prefix(ldm)?.strip_prefix('.')?;
        Some(format!("{name}.{parameter}"))
    })
}

fn unlinear(tail: &str) -> Option<String> {
    let (index, tail) = number(tail)?;
    Some(format!("linear_{}.{tail}", index / 2 + 1))
}

/// Whether the first convolution says that these are the tensors of a diffusers UNet or a part.
pub(super) fn is_unet(shapes: &Shapes) -> bool {
    size(shapes, "conv_in.weight", 0).is_some() && !unet_blocks(shapes).is_empty()
}
