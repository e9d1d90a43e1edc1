//! The files of LayerDiffuse.

use std::collections::BTreeMap;

use pellucid_nets::checkpoint::{unet_layout, unet_names};
use pellucid_nets::layer_diffuse::sharing_sites;
use pellucid_nets::unet::Block;

use super::networks::{sd15_unet, sdxl_unet};
use super::{File, rules};

type Shapes = BTreeMap<String, Vec<usize>>;

pub fn files() -> Vec<File> {
    let file = |place, shapes, rule| File { place, shapes, rule };
    vec![
        file("layer_model/layer_xl_transparent_attn", attention_patch(), rules::patch),
        file("layer_model/layer_xl_transparent_conv", difference(4, true), rules::patch),
        file("layer_model/layer_xl_fg2ble", difference(8, false), rules::patch),
        file("layer_model/layer_xl_bg2ble", difference(8, false), rules::patch),
        file("layer_model/layer_xl_fgble2bg", difference(12, false), rules::patch),
        file("layer_model/layer_xl_bgble2fg", difference(12, true), rules::patch),
        file("layer_model/ld_diffusers_sdxl_attn", diffusers_offsets(), rules::patch),
        file("layer_model/layer_sd15_transparent_attn", sharing(1, false), rules::sharing),
        file("layer_model/layer_sd15_joint", sharing(3, false), rules::sharing),
        file("layer_model/layer_sd15_fg2bg", sharing(2, true), rules::sharing),
        file("layer_model/layer_sd15_bg2fg", sharing(2, true), rules::sharing),
        file("layer_model/vae_transparent_decoder", decoder(), rules::decoder),
        file("layer_model/vae_transparent_encoder", encoder(), rules::encoder),
        file("layer_model/layer_sd15_vae_transparent_decoder", decoder(), rules::decoder),
        file("layer_model/layer_sd15_vae_transparent_encoder", encoder(), rules::encoder),
    ]
}

/// Products of low rank for the weights of every attention.
fn attention_patch() -> Shapes {
    const RANK: usize = 4;
    let mut shapes = Shapes::new();
    for (key, shape) in unet_layout(&sdxl_unet()) {
        if is_attention(&key) && key.ends_with(".weight") {
            shapes.insert(format!("diffusion_model.{key}::lora::0"), vec![shape[0], RANK]);
            shapes.insert(format!("diffusion_model.{key}::lora::1"), vec![RANK, shape[1]]);
        }
    }
    shapes
}

/// Differences of everything but queries, keys, values, and what time and sizes go through; the
/// input may have more channels. The released files with one layer to look at leave transformers
/// alone.
fn difference(in_channels: usize, transformers: bool) -> Shapes {
    let mut shapes = Shapes::new();
    for (key, mut shape) in unet_layout(&sdxl_unet()) {
        let embeds = key.starts_with("time_embed.") || key.starts_with("label_emb.");
        let asks = [".to_q.", ".to_k.", ".to_v."].iter().any(|part| key.contains(part));
        let transforms = key.contains(".transformer_blocks.")
            || key.contains(".proj_in.")
            || key.contains(".proj_out.")
            || key.contains(".1.norm.");
        if embeds || asks || (transforms && !transformers) {
            continue;
        }
        if key == "input_blocks.0.0.weight" {
            shape[1] = in_channels;
        }
        shapes.insert(format!("diffusion_model.{key}::diff::0"), shape);
    }
    shapes
}

/// Offsets of every attention's weights, in the names of diffusers.
fn diffusers_offsets() -> Shapes {
    let layout = unet_layout(&sdxl_unet());
    let names = unet_names(&sdxl_unet()).into_iter();
    let offsets = names.filter(|(_, key)| is_attention(key) && key.ends_with(".weight"));
    offsets.map(|(name, key)| (name, layout[&key].clone())).collect()
}

fn is_attention(key: &str) -> bool {
    key.contains(".attn1.") || key.contains(".attn2.")
}

/// Shared attentions of that many frames, with a look at a given layer or without.
fn sharing(frames: usize, control: bool) -> Shapes {
    const RANK: usize = 4;
    const LOOK: usize = 8;
    let unet = unet_layout(&sd15_unet());
    let context = sd15_unet().context_width;
    let mut shapes = Shapes::new();
    for (index, (block, cross)) in sharing_sites().into_iter().enumerate() {
        let layer = format!("hookers.layers.{index}");
        let block = match block {
            Block::Input(n) => format!("input_blocks.{n}"),
            Block::Middle => "middle_block".into(),
            Block::Output(n) => format!("output_blocks.{n}"),
        };
        let width = unet[&format!("{block}.1.norm.weight")][0];
        for frame in 0..frames {
            for (part, from) in [("q", width), ("k", context), ("v", context), ("out", width)] {
                let from = if cross { from } else { width };
                let part = format!("{layer}.to_{part}_lora.{frame}");
                shapes.insert(format!("{part}.down.weight"), vec![RANK, from]);
                shapes.insert(format!("{part}.up.weight"), vec![width, RANK]);
            }
            if control {
                let look = format!("{layer}.control_convs.{frame}");
                conv(&mut shapes, &format!("{look}.0"), LOOK, LOOK, 3);
                conv(&mut shapes, &format!("{look}.2"), LOOK, width, 1);
            }
        }
        shapes.insert(format!("{layer}.temporal_n.weight"), vec![width]);
        shapes.insert(format!("{layer}.temporal_n.bias"), vec![width]);
        for part in ["i", "q", "k", "v", "o"] {
            shapes.insert(format!("{layer}.temporal_{part}.weight"), vec![width, width]);
            shapes.insert(format!("{layer}.temporal_{part}.bias"), vec![width]);
        }
    }
    if control {
        for (stage, convolutions) in [8, 2, 2, 2].into_iter().enumerate() {
            for index in 0..convolutions {
                let from = if stage + index == 0 { 3 } else { LOOK };
                let key = format!("kwargs_encoder.blocks_{stage}.{}", 2 * index);
                conv(&mut shapes, &key, from, LOOK, 3);
            }
        }
    }
    shapes
}

/// The seven levels of the real decoder, of one width and with one block each.
fn decoder() -> Shapes {
    const WIDTH: usize = 8;
    const LEVELS: usize = 7;
    let mut shapes = Shapes::new();
    conv(&mut shapes, "conv_in", 3, WIDTH, 3);
    conv(&mut shapes, "latent_conv_in", 4, WIDTH, 1);
    norm(&mut shapes, "conv_norm_out", WIDTH);
    conv(&mut shapes, "conv_out", WIDTH, 4, 3);
    residual(&mut shapes, "mid_block.resnets.0", WIDTH, WIDTH);
    attention(&mut shapes, "mid_block.attentions.0", WIDTH);
    residual(&mut shapes, "mid_block.resnets.1", WIDTH, WIDTH);
    for level in 0..LEVELS {
        let (down, up) = (format!("down_blocks.{level}"), format!("up_blocks.{level}"));
        residual(&mut shapes, &format!("{down}.resnets.0"), WIDTH, WIDTH);
        for block in 0..2 {
            residual(&mut shapes, &format!("{up}.resnets.{block}"), 2 * WIDTH, WIDTH);
        }
        if level >= 4 {
            attention(&mut shapes, &format!("{down}.attentions.0"), WIDTH);
        }
        if level < 3 {
            (0..2).for_each(|i| attention(&mut shapes, &format!("{up}.attentions.{i}"), WIDTH));
        }
        if level + 1 < LEVELS {
            conv(&mut shapes, &format!("{down}.downsamplers.0.conv"), WIDTH, WIDTH, 3);
            conv(&mut shapes, &format!("{up}.upsamplers.0.conv"), WIDTH, WIDTH, 3);
        }
    }
    shapes
}

/// Nine convolutions from alpha and colour to an offset of the latent.
fn encoder() -> Shapes {
    let widths = [4, 8, 8, 8, 8, 16, 16, 16, 16, 4];
    let mut shapes = Shapes::new();
    for (index, pair) in widths.windows(2).enumerate() {
        conv(&mut shapes, &format!("blocks.{}", 2 * index), pair[0], pair[1], 3);
    }
    shapes
}

fn residual(shapes: &mut Shapes, key: &str, from: usize, to: usize) {
    norm(shapes, &format!("{key}.norm1"), from);
    conv(shapes, &format!("{key}.conv1"), from, to, 3);
    norm(shapes, &format!("{key}.norm2"), to);
    conv(shapes, &format!("{key}.conv2"), to, to, 3);
    if from != to {
        conv(shapes, &format!("{key}.conv_shortcut"), from, to, 1);
    }
}

fn attention(shapes: &mut Shapes, key: &str, width: usize) {
    norm(shapes, &format!("{key}.group_norm"), width);
    for part in ["to_q", "to_k", "to_v", "to_out.0"] {
        shapes.insert(format!("{key}.{part}.weight"), vec![width, width]);
        shapes.insert(format!("{key}.{part}.bias"), vec![width]);
    }
}

fn norm(shapes: &mut Shapes, key: &str, width: usize) {
    shapes.insert(format!("{key}.weight"), vec![width]);
    shapes.insert(format!("{key}.bias"), vec![width]);
}

fn conv(shapes: &mut Shapes, key: &str, from: usize, to: usize, kernel: usize) {
    shapes.insert(format!("{key}.weight"), vec![to, from, kernel, kernel]);
    shapes.insert(format!("{key}.bias"), vec![to]);
}
