//! The UNet of Stable Diffusion, described by its keys and shapes ("ldm" names).

use super::shapes::{Layout, Shapes, count, size};

/// Numbers that tell a union ControlNet whether its picture is of a sort: sinusoids of zero or one.
pub(crate) const SORT_SINUSOIDS: usize = 256;

/// Everything that distinguishes one UNet, or the half of one that is a ControlNet, from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnetConfig {
    /// Channels of the input: 4, or more where pictures are concatenated.
    pub in_channels: usize,
    /// Channels of the predicted noise; `None` for a ControlNet, which has no way up.
    pub out_channels: Option<usize>,
    /// Channels at the first level.
    pub base_width: usize,
    /// The levels, finest first.
    pub levels: Vec<UnetLevel>,
    /// Transformer blocks in the middle; 0 for no transformer.
    pub middle_depth: usize,
    /// Width of a context token: 768 for SD1.5, 2048 for SDXL.
    pub context_width: usize,
    /// How a width is split into attention heads.
    pub heads: Heads,
    /// Length of the vector of pooled text and sizes, 2816 for SDXL; `None` without one.
    pub label_width: Option<usize>,
    /// Whether the transformers' projections are linear (SDXL) or 1 by 1 convolutions (SD1.5).
    pub dense_projections: bool,
}

/// One resolution of a UNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnetLevel {
    /// Channels divided by the base width.
    pub multiplier: usize,
    /// Residual blocks on the way down; the way up has one more.
    pub residual_blocks: usize,
    /// Transformer blocks after each residual block; 0 for no transformer.
    pub transformer_depth: usize,
}

/// How a width is split into attention heads; shapes do not tell, the kind of UNet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// A fixed number of heads (SD1.5: 8).
    Count(usize),
    /// A fixed width of a head (SD2 and SDXL: 64).
    Width(usize),
}

/// Reads the configuration of a UNet or of the UNet part of a ControlNet from ldm names.
///
/// Heads are those of the real models: 64 wide where projections are linear, else 8 of them.
pub fn unet_config(shapes: &Shapes) -> Option<UnetConfig> {
    let base_width = size(shapes, "input_blocks.0.0.weight", 0)?;
    let in_channels = size(shapes, "input_blocks.0.0.weight", 1)?;
    let levels = levels(shapes, base_width)?;
    let attention = |key: &String| key.ends_with("transformer_blocks.0.attn2.to_k.weight");
    let context = shapes.iter().find(|(key, _)| attention(key)).map(|(_, shape)| shape)?;
    let projection = shapes.iter().find(|(key, _)| key.ends_with(".proj_in.weight"));
    let dense_projections = projection.is_some_and(|(_, shape)| shape.len() == 2);
    Some(UnetConfig {
        in_channels,
        out_channels: size(shapes, "out.2.weight", 0),
        base_width,
        levels,
        middle_depth: depth(shapes, "middle_block.1"),
        context_width: *context.get(1)?,
        heads: if dense_projections { Heads::Width(64) } else { Heads::Count(8) },
        label_width: size(shapes, "label_emb.0.0.weight", 1),
        dense_projections,
    })
}

/// The tensors that a UNet of that configuration has, by ldm name.
pub fn unet_layout(config: &UnetConfig) -> Shapes {
    let mut layout = Layout::new();
    let mut skips = way_down(&mut layout, config);
    if let Some(out_channels) = config.out_channels {
        way_up(&mut layout, config, &mut skips);
        layout.norm("out.0", config.base_width);
        layout.conv("out.2", config.base_width, out_channels, 3);
    }
    layout.shapes
}

/// The tensors that a ControlNet of that configuration has, by cldm name; one that serves several `sorts` of
/// pictures (a union ControlNet) has some more.
pub fn controlnet_layout(
    config: &UnetConfig,
    hint_channels: usize,
    sorts: Option<usize>,
) -> Shapes {
    let mut layout = Layout::new();
    let skips = way_down(&mut layout, config);
    let widths = [16, 16, 32, 32, 96, 96, 256, config.base_width];
    let mut from = hint_channels;
    for (index, to) in widths.into_iter().enumerate() {
        layout.conv(&format!("input_hint_block.{}", 2 * index), from, to, 3);
        from = to;
    }
    for (index, width) in skips.into_iter().enumerate() {
        layout.conv(&format!("zero_convs.{index}.0"), width, width, 1);
    }
    let middle = middle_width(config);
    layout.conv("middle_block_out.0", middle, middle, 1);
    if let Some(sorts) = sorts {
        union(&mut layout, config, sorts);
    }
    layout.shapes
}

fn union(layout: &mut Layout, config: &UnetConfig, sorts: usize) {
    let (base, time) = (config.base_width, 4 * config.base_width);
    layout.add("task_embedding".into(), &[sorts, base]);
    let block = "transformer_layes.0";
    layout.norm(&format!("{block}.ln_1"), base);
    layout.linear(&format!("{block}.attn.in_proj"), base, 3 * base);
    layout.linear(&format!("{block}.attn.out_proj"), base, base);
    layout.norm(&format!("{block}.ln_2"), base);
    layout.linear(&format!("{block}.mlp.c_fc"), base, 4 * base);
    layout.linear(&format!("{block}.mlp.c_proj"), 4 * base, base);
    layout.linear("spatial_ch_projs", base, base);
    layout.linear("control_add_embedding.linear_1", sorts * SORT_SINUSOIDS, time);
    layout.linear("control_add_embedding.linear_2", time, time);
}

/// Walks the input blocks: residual blocks make up a level, a downsampler ends it.
fn levels(shapes: &Shapes, base_width: usize) -> Option<Vec<UnetLevel>> {
    let mut levels: Vec<UnetLevel> = Vec::new();
    let mut new_level = true;
    for index in 1.. {
        let block = format!("input_blocks.{index}");
        if shapes.contains_key(&format!("{block}.0.op.weight")) {
            new_level = true;
            continue;
        }
        let Some(width) = size(shapes, &format!("{block}.0.out_layers.3.weight"), 0) else { break };
        if base_width == 0 || width % base_width != 0 {
            return None;
        }
        match levels.last_mut() {
            Some(level) if !new_level => level.residual_blocks += 1,
            _ => levels.push(UnetLevel {
                multiplier: width / base_width,
                residual_blocks: 1,
                transformer_depth: depth(shapes, &format!("{block}.1")),
            }),
        }
        new_level = false;
    }
    (!levels.is_empty()).then_some(levels)
}

fn depth(shapes: &Shapes, transformer: &str) -> usize {
    count(shapes, |i| format!("{transformer}.transformer_blocks.{i}.attn1.to_q.weight"))
}

fn middle_width(config: &UnetConfig) -> usize {
    config.levels.last().map_or(config.base_width, |level| config.base_width * level.multiplier)
}

/// Everything down to and with the middle; gives the widths of the skip connections.
fn way_down(layout: &mut Layout, config: &UnetConfig) -> Vec<usize> {
    let base = config.base_width;
    layout.linear("time_embed.0", base, 4 * base);
    layout.linear("time_embed.2", 4 * base, 4 * base);
    if let Some(label) = config.label_width {
        layout.linear("label_emb.0.0", label, 4 * base);
        layout.linear("label_emb.0.2", 4 * base, 4 * base);
    }
    layout.conv("input_blocks.0.0", config.in_channels, base, 3);
    let (mut skips, mut width) = (vec![base], base);
    for (index, level) in config.levels.iter().enumerate() {
        for _ in 0..level.residual_blocks {
            let block = format!("input_blocks.{}", skips.len());
            residual(layout, config, &format!("{block}.0"), width, base * level.multiplier);
            width = base * level.multiplier;
            transformer(layout, config, &format!("{block}.1"), width, level.transformer_depth);
            skips.push(width);
        }
        if index + 1 < config.levels.len() {
            layout.conv(&format!("input_blocks.{}.0.op", skips.len()), width, width, 3);
            skips.push(width);
        }
    }
    residual(layout, config, "middle_block.0", width, width);
    let last = if config.middle_depth > 0 { "middle_block.2" } else { "middle_block.1" };
    transformer(layout, config, "middle_block.1", width, config.middle_depth);
    residual(layout, config, last, width, width);
    skips
}

fn way_up(layout: &mut Layout, config: &UnetConfig, skips: &mut Vec<usize>) {
    let (mut block, mut width) = (0, middle_width(config));
    for (index, level) in config.levels.iter().enumerate().rev() {
        for last in (0..=level.residual_blocks).rev().map(|left| left == 0) {
            let key = format!("output_blocks.{block}");
            let from = width + skips.pop().unwrap_or(0);
            width = config.base_width * level.multiplier;
            residual(layout, config, &format!("{key}.0"), from, width);
            transformer(layout, config, &format!("{key}.1"), width, level.transformer_depth);
            if last && index > 0 {
                let place = if level.transformer_depth > 0 { 2 } else { 1 };
                layout.conv(&format!("{key}.{place}.conv"), width, width, 3);
            }
            block += 1;
        }
    }
}

fn residual(layout: &mut Layout, config: &UnetConfig, key: &str, from: usize, to: usize) {
    layout.norm(&format!("{key}.in_layers.0"), from);
    layout.conv(&format!("{key}.in_layers.2"), from, to, 3);
    layout.linear(&format!("{key}.emb_layers.1"), 4 * config.base_width, to);
    layout.norm(&format!("{key}.out_layers.0"), to);
    layout.conv(&format!("{key}.out_layers.3"), to, to, 3);
    if from != to {
        layout.conv(&format!("{key}.skip_connection"), from, to, 1);
    }
}

fn transformer(layout: &mut Layout, config: &UnetConfig, key: &str, width: usize, depth: usize) {
    if depth == 0 {
        return;
    }
    layout.norm(&format!("{key}.norm"), width);
    for projection in ["proj_in", "proj_out"] {
        let projection = format!("{key}.{projection}");
        if config.dense_projections {
            layout.linear(&projection, width, width);
        } else {
            layout.conv(&projection, width, width, 1);
        }
    }
    for index in 0..depth {
        let block = format!("{key}.transformer_blocks.{index}");
        for (attention, context) in [("attn1", width), ("attn2", config.context_width)] {
            layout.add(format!("{block}.{attention}.to_q.weight"), &[width, width]);
            layout.add(format!("{block}.{attention}.to_k.weight"), &[width, context]);
            layout.add(format!("{block}.{attention}.to_v.weight"), &[width, context]);
            layout.linear(&format!("{block}.{attention}.to_out.0"), width, width);
        }
        layout.linear(&format!("{block}.ff.net.0.proj"), width, 8 * width);
        layout.linear(&format!("{block}.ff.net.2"), 4 * width, width);
        for norm in ["norm1", "norm2", "norm3"] {
            layout.norm(&format!("{block}.{norm}"), width);
        }
    }
}
