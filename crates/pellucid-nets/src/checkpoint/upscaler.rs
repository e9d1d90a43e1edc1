//! The shape of an upscaling network: RRDBNet (Wang et al. 2018, "ESRGAN"), in the three ways its tensors are named.

use super::shapes::{Layout, Shapes, count, size};

/// What stands before the keys in files of trainers.
const PREFIXES: [&str; 4] = ["", "params_ema.", "params.", "module."];

/// More doublings than any network has; a file could claim any number.
const MOST_DOUBLINGS: usize = 5;

/// Channels of a picture.
const COLOURS: usize = 3;

/// An RRDBNet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpscalerConfig {
    /// What stands before its keys, with the dot.
    pub prefix: String,
    /// How its tensors are named.
    pub names: UpscalerNames,
    /// Channels between blocks.
    pub width: usize,
    /// Channels that a convolution within a block adds.
    pub growth: usize,
    /// Residual-in-residual blocks.
    pub blocks: usize,
    /// How often the sides are doubled behind the blocks.
    pub doublings: usize,
    /// By how much the sides are divided before the first convolution, into channels.
    pub divisor: usize,
}

/// The three ways to name the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpscalerNames {
    /// Numbers of a list of layers: `model.1.sub.0.RDB1.conv1.0`.
    Numbered,
    /// The first release: `RRDB_trunk.0.RDB1.conv1`, `HRconv`.
    Trunk,
    /// Newer trainers: `body.0.rdb1.conv1`, `conv_hr`.
    Body,
}

impl UpscalerConfig {
    /// By how much sides grow.
    pub fn scale(&self) -> usize {
        (1 << self.doublings) / self.divisor
    }

    /// Channels that the first convolution takes.
    pub fn in_channels(&self) -> usize {
        COLOURS * self.divisor * self.divisor
    }

    /// The key of the first convolution.
    pub fn first(&self) -> String {
        self.named(match self.names {
            UpscalerNames::Numbered => "model.0",
            _ => "conv_first",
        })
    }

    /// The key of convolution `conv` (1 to 5) of dense block `dense` (1 to 3) of a block.
    pub fn dense(&self, block: usize, dense: usize, conv: usize) -> String {
        self.named(&match self.names {
            UpscalerNames::Numbered => format!("model.1.sub.{block}.RDB{dense}.conv{conv}.0"),
            UpscalerNames::Trunk => format!("RRDB_trunk.{block}.RDB{dense}.conv{conv}"),
            UpscalerNames::Body => format!("body.{block}.rdb{dense}.conv{conv}"),
        })
    }

    /// The key of the convolution behind the blocks.
    pub fn trunk(&self) -> String {
        self.named(&match self.names {
            UpscalerNames::Numbered => format!("model.1.sub.{}", self.blocks),
            UpscalerNames::Trunk => "trunk_conv".into(),
            UpscalerNames::Body => "conv_body".into(),
        })
    }

    /// The key of the convolution behind a doubling, from 0.
    pub fn doubled(&self, index: usize) -> String {
        self.named(&match self.names {
            // A layer that scales, the convolution, its activation.
            UpscalerNames::Numbered => format!("model.{}", 3 * index + 3),
            UpscalerNames::Trunk => format!("upconv{}", index + 1),
            UpscalerNames::Body => format!("conv_up{}", index + 1),
        })
    }

    /// The keys of the last two convolutions.
    pub fn last(&self) -> [String; 2] {
        let names = match self.names {
            UpscalerNames::Numbered => {
                let first = 3 * self.doublings + 2;
                [format!("model.{first}"), format!("model.{}", first + 2)]
            }
            UpscalerNames::Trunk => ["HRconv".into(), "conv_last".into()],
            UpscalerNames::Body => ["conv_hr".into(), "conv_last".into()],
        };
        names.map(|name| self.named(&name))
    }

    fn named(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// The network in a file of these tensors, if it is an RRDBNet.
pub fn upscaler_config(shapes: &Shapes) -> Option<UpscalerConfig> {
    let all = [UpscalerNames::Numbered, UpscalerNames::Trunk, UpscalerNames::Body];
    PREFIXES
        .iter()
        .flat_map(|prefix| all.map(|names| (*prefix, names)))
        .find_map(|(prefix, names)| named_config(shapes, prefix, names))
}

fn named_config(shapes: &Shapes, prefix: &str, names: UpscalerNames) -> Option<UpscalerConfig> {
    let mut config = UpscalerConfig {
        prefix: prefix.into(),
        names,
        width: 0,
        growth: 0,
        blocks: 0,
        doublings: 0,
        divisor: 1,
    };
    let weight = |key: String| format!("{key}.weight");
    config.width = size(shapes, &weight(config.first()), 0)?;
    config.growth = size(shapes, &weight(config.dense(0, 1, 1)), 0)?;
    config.divisor = match size(shapes, &weight(config.first()), 1)? {
        COLOURS => 1,
        12 => 2,
        48 => 4,
        _ => return None,
    };
    config.blocks = count(shapes, |block| weight(config.dense(block, 1, 1)));
    config.doublings = count(shapes, |index| weight(config.doubled(index)));
    let sound = config.width > 0 && config.growth > 0 && config.doublings <= MOST_DOUBLINGS;
    (sound && 1 << config.doublings >= config.divisor).then_some(config)
}

/// The tensors of such a network, under their full names.
pub fn upscaler_layout(config: &UpscalerConfig) -> Shapes {
    let (width, growth) = (config.width, config.growth);
    let mut layout = Layout::new();
    layout.conv(&config.first(), config.in_channels(), width, 3);
    for block in 0..config.blocks {
        for dense in 1..=3 {
            for conv in 1..=5 {
                let to = if conv == 5 { width } else { growth };
                let from = width + (conv - 1) * growth;
                layout.conv(&config.dense(block, dense, conv), from, to, 3);
            }
        }
    }
    layout.conv(&config.trunk(), width, width, 3);
    (0..config.doublings).for_each(|index| layout.conv(&config.doubled(index), width, width, 3));
    let [high, last] = config.last();
    layout.conv(&high, width, width, 3);
    layout.conv(&last, width, COLOURS, 3);
    layout.shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_naming_is_told_by_its_keys() {
        for names in [UpscalerNames::Numbered, UpscalerNames::Trunk, UpscalerNames::Body] {
            for (prefix, doublings, divisor) in
                [("", 2, 1), ("params_ema.", 1, 1), ("params.", 2, 2), ("module.", 3, 1)]
            {
                let config = UpscalerConfig {
                    prefix: prefix.into(),
                    names,
                    width: 8,
                    growth: 4,
                    blocks: 2,
                    doublings,
                    divisor,
                };
                let found = upscaler_config(&upscaler_layout(&config));
                assert_eq!(found, Some(config), "{names:?} {prefix}");
            }
        }
    }

    #[test]
    fn no_file_makes_a_picture_thousands_of_times_as_large() {
        let mut config = UpscalerConfig {
            prefix: String::new(),
            names: UpscalerNames::Body,
            width: 8,
            growth: 4,
            blocks: 1,
            doublings: 64,
            divisor: 1,
        };
        assert_eq!(upscaler_config(&upscaler_layout(&config)), None);
        (config.width, config.doublings) = (0, 1);
        assert_eq!(upscaler_config(&upscaler_layout(&config)), None);
    }
}
