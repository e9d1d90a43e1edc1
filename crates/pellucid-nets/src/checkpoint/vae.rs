//! The autoencoder of Stable Diffusion, described by its keys and shapes ("ldm" names).

use super::shapes::{Layout, Shapes, count, size};

/// Everything that distinguishes one autoencoder from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaeConfig {
    /// Channels of the picture: 3, or 4 for layers with alpha.
    pub channels: usize,
    /// Channels of the latent: 4.
    pub latent_channels: usize,
    /// Channels at full size.
    pub base_width: usize,
    /// Channels of each level divided by the base width, full size first.
    pub multipliers: Vec<usize>,
    /// Residual blocks per level of the encoder; the decoder has one more.
    pub residual_blocks: usize,
}

/// Reads the configuration of an autoencoder from ldm names.
pub fn vae_config(shapes: &Shapes) -> Option<VaeConfig> {
    let base_width = size(shapes, "encoder.conv_in.weight", 0)?;
    // The decoder always has a block more at each level: the encoder may have none.
    let block = |level: usize| format!("decoder.up.{level}.block.0.conv1.weight");
    let levels = count(shapes, block);
    let multiplier = |level| size(shapes, &block(level), 0)?.checked_div(base_width);
    Some(VaeConfig {
        channels: size(shapes, "encoder.conv_in.weight", 1)?,
        latent_channels: size(shapes, "decoder.conv_in.weight", 1)?,
        base_width,
        multipliers: (0..levels).map(multiplier).collect::<Option<_>>()?,
        residual_blocks: count(shapes, |b| format!("decoder.up.0.block.{b}.conv1.weight"))
            .checked_sub(1)?,
    })
}

/// The tensors that an autoencoder of that configuration has, by ldm name.
pub fn vae_layout(config: &VaeConfig) -> Shapes {
    let mut layout = Layout::new();
    let (base, latent) = (config.base_width, config.latent_channels);
    let widths: Vec<usize> = config.multipliers.iter().map(|m| m * base).collect();
    let deepest = widths.last().copied().unwrap_or(base);

    layout.conv("encoder.conv_in", config.channels, base, 3);
    let mut width = base;
    for (level, &to) in widths.iter().enumerate() {
        for block in 0..config.residual_blocks {
            residual(&mut layout, &format!("encoder.down.{level}.block.{block}"), width, to);
            width = to;
        }
        if level + 1 < widths.len() {
            layout.conv(&format!("encoder.down.{level}.downsample.conv"), width, width, 3);
        }
    }
    middle(&mut layout, "encoder", deepest);
    layout.norm("encoder.norm_out", deepest);
    layout.conv("encoder.conv_out", deepest, 2 * latent, 3);
    layout.conv("quant_conv", 2 * latent, 2 * latent, 1);

    layout.conv("post_quant_conv", latent, latent, 1);
    layout.conv("decoder.conv_in", latent, deepest, 3);
    middle(&mut layout, "decoder", deepest);
    let mut width = deepest;
    for (level, &to) in widths.iter().enumerate().rev() {
        for block in 0..=config.residual_blocks {
            residual(&mut layout, &format!("decoder.up.{level}.block.{block}"), width, to);
            width = to;
        }
        if level > 0 {
            layout.conv(&format!("decoder.up.{level}.upsample.conv"), width, width, 3);
        }
    }
    layout.norm("decoder.norm_out", base);
    layout.conv("decoder.conv_out", base, config.channels, 3);
    layout.shapes
}

fn middle(layout: &mut Layout, side: &str, width: usize) {
    residual(layout, &format!("{side}.mid.block_1"), width, width);
    layout.norm(&format!("{side}.mid.attn_1.norm"), width);
    for part in ["q", "k", "v", "proj_out"] {
        layout.conv(&format!("{side}.mid.attn_1.{part}"), width, width, 1);
    }
    residual(layout, &format!("{side}.mid.block_2"), width, width);
}

fn residual(layout: &mut Layout, key: &str, from: usize, to: usize) {
    layout.norm(&format!("{key}.norm1"), from);
    layout.conv(&format!("{key}.conv1"), from, to, 3);
    layout.norm(&format!("{key}.norm2"), to);
    layout.conv(&format!("{key}.conv2"), to, to, 3);
    if from != to {
        layout.conv(&format!("{key}.nin_shortcut"), from, to, 1);
    }
}
