//! How a transparency decoder starts: its colour is the picture's, its alpha a half.
//!
//! As in an autoencoder's start, the picture's colours run along groups of `x`, `-x` and two opposite constants,
//! which a norm does not forget: from the first convolution through its skip to the last block and out.

use crate::config::TransparencyTask;
use crate::error::TrainError;
use crate::parameters::Parameters;

/// Groups of the decoder's norms.
const GROUPS: usize = 4;
/// Channels of a group that a path needs.
const PATH: usize = 4;
/// The constant in a group, large beside colours of 0 to 1.
const CONSTANT: f32 = 2.0;
/// What is left of the random numbers along the path.
const REST: f32 = 0.05;

/// Sets up the path, where the finest level has enough channels for it.
pub(super) fn start(decoder: &Parameters, task: &TransparencyTask) -> Result<(), TrainError> {
    let width = task.decoder_widths[0];
    let size = width / GROUPS;
    if size < PATH || !width.is_multiple_of(GROUPS) {
        return Ok(());
    }
    let ends = |group: usize| [(1.0, group * size), (-1.0, group * size + 1)];
    decoder.edit("conv_in.weight", |weight| {
        weight[..3 * size * 27].iter_mut().for_each(|w| *w *= REST);
        for colour in 0..3 {
            for (sign, channel) in ends(colour) {
                weight[(channel * 3 + colour) * 9 + 4] += sign;
            }
        }
    })?;
    decoder.edit("conv_in.bias", |bias| {
        for group in bias.chunks_mut(size).take(3) {
            (group[2], group[3]) = (CONSTANT, -CONSTANT);
        }
    })?;
    // The last block sees the last of the way up and, behind it, the first convolution.
    let last =
        format!("up_blocks.{}.resnets.{}", task.decoder_widths.len() - 1, task.residual_blocks);
    decoder.edit(&format!("{last}.conv_shortcut.weight"), |weight| {
        for (channel, row) in weight.chunks_mut(2 * width).take(3 * size).enumerate() {
            row.iter_mut().for_each(|w| *w *= REST);
            row[width + channel] += 1.0;
        }
    })?;
    decoder.edit("conv_norm_out.weight", |weight| {
        weight[..3 * size].fill(CONSTANT * (2.0 / size as f32).sqrt());
    })?;
    decoder.edit("conv_out.weight", |weight| {
        weight.iter_mut().for_each(|w| *w *= REST);
        for colour in 0..3 {
            for (sign, channel) in ends(colour) {
                weight[((1 + colour) * width + channel) * 9 + 4] += sign;
            }
        }
    })?;
    decoder.edit("conv_out.bias", |bias| bias[0] = 0.5)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Tensor};
    use pellucid_nets::layer_diffuse::TransparentDecoder;

    use super::*;
    use crate::adam::numbers;
    use crate::transparency::decoder_layout;

    #[test]
    fn a_fresh_decoder_gives_the_picture_back() {
        let task: TransparencyTask = serde_json::from_str(
            r#"{ "autoencoder": "", "encoder_widths": [4, 4, 4, 4, 4, 4, 4, 4], "decoder_widths": [16, 16, 16, 16],
                "cut": 64, "attention_levels": 1, "residual_blocks": 1, "discriminator_width": 4 }"#,
        )
        .unwrap();
        let gain = |key: &str| if key.ends_with("conv2.weight") { 0.3 } else { 1.2 };
        let device = Device::Cpu;
        let parameters = Parameters::fresh(&decoder_layout(&task), 3, gain, &device).unwrap();
        start(&parameters, &task).unwrap();
        let decoder = TransparentDecoder::load(&parameters.weights(), DType::F32, &device).unwrap();
        for colour in [[0.9f32, 0.1, 0.5], [0.0, 0.7, 0.3]] {
            let picture: Vec<f32> = colour.iter().flat_map(|c| [*c; 64 * 64]).collect();
            let picture = Tensor::from_vec(picture, (1, 3, 64, 64), &device).unwrap();
            let latent = Tensor::zeros((1, 4, 8, 8), DType::F32, &device).unwrap();
            let layer = decoder.forward(&picture, &latent).unwrap();
            for (channel, wanted) in colour.iter().enumerate() {
                let plane = numbers(&layer.get(0).unwrap().get(1 + channel).unwrap()).unwrap();
                // Random branches beside the path disturb it.
                let found = plane[32 * 64 + 32];
                assert!((found - wanted).abs() < 0.35, "{colour:?}: {found}");
            }
        }
    }
}
