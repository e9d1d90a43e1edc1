//! The shape of a depth estimator: Depth Anything V2 (Yang et al. 2024), a vision transformer (Oquab et al. 2023,
//! "DINOv2") under a dense prediction head (Ranftl et al. 2021, "Vision Transformers for Dense Prediction").

use super::shapes::{Layout, Shapes, count, size};

/// Pixels along the side of a patch.
pub const PATCH: usize = 14;
/// Channels of an attention's head.
const HEAD: usize = 64;

/// A depth estimator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthConfig {
    /// Channels of a token.
    pub width: usize,
    /// Blocks of the transformer.
    pub blocks: usize,
    /// Patches along a side of the pictures it was trained on.
    pub side: usize,
    /// Channels of the four maps that are taken from the transformer.
    pub maps: [usize; 4],
    /// Channels of the maps that are put together.
    pub features: usize,
    /// Channels before the last convolution.
    pub last: usize,
}

impl DepthConfig {
    /// Heads of an attention.
    pub fn heads(&self) -> usize {
        (self.width / HEAD).max(1)
    }

    /// The blocks whose outputs become maps: those of the released size of 24 blocks, and else the last of every
    /// quarter, as in the released size of 12.
    pub fn taken(&self) -> [usize; 4] {
        match self.blocks {
            24 => [4, 11, 17, 23],
            blocks => [1, 2, 3, 4].map(|quarter| (blocks * quarter / 4).max(1) - 1),
        }
    }
}

/// The network in a file of these tensors, if it is a depth estimator in the names of its authors. The first Depth
/// Anything and the variants of the second that tell metres have the same tensors, and cannot be told from it.
pub fn depth_config(shapes: &Shapes) -> Option<DepthConfig> {
    let width = size(shapes, "pretrained.cls_token", 2)?;
    let patches = size(shapes, "pretrained.pos_embed", 1)?.checked_sub(1)?;
    let map = |index: usize| size(shapes, &format!("depth_head.projects.{index}.weight"), 0);
    let config = DepthConfig {
        width,
        blocks: count(shapes, |i| format!("pretrained.blocks.{i}.norm1.weight")),
        side: patches.isqrt(),
        maps: [map(0)?, map(1)?, map(2)?, map(3)?],
        features: size(shapes, "depth_head.scratch.layer1_rn.weight", 0)?,
        last: size(shapes, "depth_head.scratch.output_conv2.0.weight", 0)?,
    };
    let square = config.side > 0 && config.side * config.side == patches;
    let heads = width > 0 && width.is_multiple_of(config.heads());
    let maps = !config.maps.contains(&0) && config.features >= 2 && config.last > 0;
    (square && heads && maps && config.blocks >= 4).then_some(config)
}

/// The tensors of such a network.
pub fn depth_layout(config: &DepthConfig) -> Shapes {
    let DepthConfig { width, features, .. } = *config;
    let mut layout = Layout::new();
    layout.add("pretrained.cls_token".into(), &[1, 1, width]);
    layout.add("pretrained.pos_embed".into(), &[1, config.side * config.side + 1, width]);
    layout.conv("pretrained.patch_embed.proj", 3, width, PATCH);
    for index in 0..config.blocks {
        let block = format!("pretrained.blocks.{index}");
        for (part, layer_scale) in [("norm1", "ls1"), ("norm2", "ls2")] {
            layout.norm(&format!("{block}.{part}"), width);
            layout.add(format!("{block}.{layer_scale}.gamma"), &[width]);
        }
        layout.linear(&format!("{block}.attn.qkv"), width, 3 * width);
        layout.linear(&format!("{block}.attn.proj"), width, width);
        layout.linear(&format!("{block}.mlp.fc1"), width, 4 * width);
        layout.linear(&format!("{block}.mlp.fc2"), 4 * width, width);
    }
    layout.norm("pretrained.norm", width);
    for (index, map) in config.maps.into_iter().enumerate() {
        layout.conv(&format!("depth_head.projects.{index}"), width, map, 1);
        let scratch = "depth_head.scratch";
        layout.add(format!("{scratch}.layer{}_rn.weight", index + 1), &[features, map, 3, 3]);
        let fusion = format!("{scratch}.refinenet{}", index + 1);
        for unit in ["resConfUnit1", "resConfUnit2"] {
            layout.conv(&format!("{fusion}.{unit}.conv1"), features, features, 3);
            layout.conv(&format!("{fusion}.{unit}.conv2"), features, features, 3);
        }
        layout.conv(&format!("{fusion}.out_conv"), features, features, 1);
    }
    for (index, kernel) in [(0, 4), (1, 2), (3, 3)] {
        let map = config.maps[index];
        layout.conv(&format!("depth_head.resize_layers.{index}"), map, map, kernel);
    }
    layout.conv("depth_head.scratch.output_conv1", features, features / 2, 3);
    layout.conv("depth_head.scratch.output_conv2.0", features / 2, config.last, 3);
    layout.conv("depth_head.scratch.output_conv2.2", config.last, 1, 1);
    layout.shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_shape_is_told_by_its_keys() {
        for (blocks, taken) in [(12, [2, 5, 8, 11]), (24, [4, 11, 17, 23]), (40, [9, 19, 29, 39])] {
            let config = DepthConfig {
                width: 128,
                blocks,
                side: 5,
                maps: [8, 16, 24, 32],
                features: 16,
                last: 12,
            };
            assert_eq!(depth_config(&depth_layout(&config)), Some(config.clone()));
            assert_eq!((config.heads(), config.taken()), (2, taken));
        }
    }
}
