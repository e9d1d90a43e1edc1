//! How an autoencoder starts: as the averages of colours over squares, with little noise in the latents.
//!
//! A norm forgets the mean and the deviation of its group of channels. Where a group has four channels, `x`, `-x`
//! and two opposite constants, both survive: the constants decide the deviation, and `silu(x) - silu(-x)` is `x`.
//! Paths of such groups run from the picture to the latent and back; everything else starts small beside them.

use pellucid_nets::checkpoint::VaeConfig;

use crate::error::TrainError;
use crate::parameters::Parameters;

/// Groups of the norms of a Stable Diffusion autoencoder.
const GROUPS: usize = 32;
/// Channels of a group that a path needs.
const PATH: usize = 4;
/// The constant in a group, large beside colours of -1 to 1.
const CONSTANT: f32 = 3.0;
/// What is left of the random numbers along the paths.
const REST: f32 = 0.02;
/// What the logarithm of the latents' variance starts as: under a noise as loud as themselves, little is learnt.
const LOG_VARIANCE: f32 = -5.0;

/// The fewest channels of a level with which colours survive the norms.
pub(super) const FEWEST_CHANNELS: usize = GROUPS * PATH;

/// Sets up the paths, where every level has the same number of channels and enough of them, and the noise.
pub(super) fn start(parameters: &Parameters, shape: &VaeConfig) -> Result<(), TrainError> {
    let channels = shape.latent_channels;
    parameters.edit("quant_conv.bias", |bias| bias[channels..].fill(LOG_VARIANCE))?;
    let width = shape.base_width;
    if width < FEWEST_CHANNELS || shape.multipliers.iter().any(|m| *m != 1) {
        return Ok(());
    }
    for key in parameters.vars.keys() {
        if key.ends_with("conv2.weight") || key.ends_with("proj_out.weight") {
            parameters.edit(key, |weight| weight.iter_mut().for_each(|w| *w *= 0.1))?;
        }
    }
    for (key, channels) in
        [("quant_conv.weight", 2 * channels), ("post_quant_conv.weight", channels)]
    {
        parameters.edit(key, |weight| {
            weight.iter_mut().for_each(|w| *w *= REST);
            weight.iter_mut().step_by(channels + 1).for_each(|w| *w += 1.0);
        })?;
    }
    let paths = Paths { width, size: width / GROUPS };
    paths.encoder(parameters, shape)?;
    paths.decoder(parameters, shape)
}

struct Paths {
    width: usize,
    /// Channels of a group.
    size: usize,
}

impl Paths {
    fn encoder(&self, parameters: &Parameters, shape: &VaeConfig) -> Result<(), TrainError> {
        let Self { width, size } = *self;
        let path = |key: &str, change: &mut dyn FnMut(&mut [f32])| {
            parameters.edit(&format!("encoder.{key}.weight"), |weight| {
                weight.iter_mut().for_each(|w| *w *= REST);
                change(weight);
            })
        };
        path("conv_in", &mut |weight| {
            for group in 0..GROUPS {
                let colour = group % 3;
                for (sign, channel) in [(1.0, group * size), (-1.0, group * size + 1)] {
                    weight[(channel * 3 + colour) * 9 + 4] += sign;
                }
            }
        })?;
        self.constants(parameters, "encoder.conv_in.bias")?;
        for level in 0..shape.multipliers.len() - 1 {
            path(&format!("down.{level}.downsample.conv"), &mut |weight| {
                for channel in 0..width {
                    let constant = channel % size >= 2;
                    let filter = if constant { [0.25; 4] } else { filter(channel / size, level) };
                    for (tap, value) in [0, 1, 3, 4].into_iter().zip(filter) {
                        weight[(channel * width + channel) * 9 + tap] += value;
                    }
                }
            })?;
        }
        self.norm(parameters, "encoder.norm_out.weight")?;
        path("conv_out", &mut |weight| {
            for group in 0..GROUPS {
                // Colours to the first three channels; slopes along rows to the fourth.
                let (row, count) = match group / 3 {
                    0 | 1 => (group % 3, 2.0),
                    2 => (3, 3.0),
                    _ => continue,
                };
                for (sign, channel) in [(1.0, group * size), (-1.0, group * size + 1)] {
                    weight[(row * width + channel) * 9 + 4] += sign / count;
                }
            }
        })
    }

    fn decoder(&self, parameters: &Parameters, shape: &VaeConfig) -> Result<(), TrainError> {
        let Self { width, size } = *self;
        let latent = shape.latent_channels;
        let path = |key: &str, change: &mut dyn FnMut(&mut [f32])| {
            parameters.edit(&format!("decoder.{key}.weight"), |weight| {
                weight.iter_mut().for_each(|w| *w *= REST);
                change(weight);
            })
        };
        path("conv_in", &mut |weight| {
            for group in 0..GROUPS {
                for (sign, channel) in [(1.0, group * size), (-1.0, group * size + 1)] {
                    weight[(channel * latent + group % latent) * 9 + 4] += sign;
                }
            }
        })?;
        self.constants(parameters, "decoder.conv_in.bias")?;
        for level in 1..shape.multipliers.len() {
            path(&format!("up.{level}.upsample.conv"), &mut |weight| {
                for channel in 0..width {
                    for tap in 0..9 {
                        let part = |at: usize| if at == 1 { 0.5 } else { 0.25 };
                        weight[(channel * width + channel) * 9 + tap] +=
                            part(tap / 3) * part(tap % 3);
                    }
                }
            })?;
        }
        self.norm(parameters, "decoder.norm_out.weight")?;
        path("conv_out", &mut |weight| {
            for group in (0..GROUPS).filter(|group| group % latent < 3) {
                for (sign, channel) in [(1.0, group * size), (-1.0, group * size + 1)] {
                    let row = group % latent;
                    weight[(row * width + channel) * 9 + 4] += sign * latent as f32 / GROUPS as f32;
                }
            }
        })
    }

    fn constants(&self, parameters: &Parameters, key: &str) -> Result<(), TrainError> {
        parameters.edit(key, |bias| {
            for group in bias.chunks_mut(self.size) {
                (group[2], group[3]) = (CONSTANT, -CONSTANT);
            }
        })
    }

    /// Undoes what the constants make a norm divide by.
    fn norm(&self, parameters: &Parameters, key: &str) -> Result<(), TrainError> {
        parameters.edit(key, |weight| weight.fill(CONSTANT * (2.0 / self.size as f32).sqrt()))
    }
}

/// What a group's squares of two by two pixels become: averages, and for some groups slopes at one of the levels.
fn filter(group: usize, level: usize) -> [f32; 4] {
    const ALONG: [f32; 4] = [0.25, -0.25, 0.25, -0.25];
    const DOWN: [f32; 4] = [0.25, 0.25, -0.25, -0.25];
    match (group / 3, level) {
        (2 | 7, 2) | (5, 1) | (9, 0) => ALONG,
        (3 | 8, 2) | (6, 1) | (10, 0) => DOWN,
        (4, 2) => [0.25, -0.25, -0.25, 0.25],
        _ => [0.25; 4],
    }
}

#[cfg(test)]
mod tests {
    use crate::adam::numbers;
    use candle_core::{DType, Device, Tensor};
    use pellucid_nets::checkpoint::vae_layout;
    use pellucid_nets::vae::Vae;

    use super::*;

    #[test]
    fn a_fresh_autoencoder_gives_even_colours_back() {
        let shape = VaeConfig {
            channels: 3,
            latent_channels: 4,
            base_width: 128,
            multipliers: vec![1, 1, 1, 1],
            residual_blocks: 0,
        };
        let device = Device::Cpu;
        let parameters = Parameters::fresh(&vae_layout(&shape), 3, |_| 1.0, &device).unwrap();
        start(&parameters, &shape).unwrap();
        let vae = Vae::load(&parameters.weights(), &shape, DType::F32, &device).unwrap();
        for colour in [[0.8f32, -0.5, 0.1], [-0.9, 0.9, 0.4]] {
            let picture: Vec<f32> = colour.iter().flat_map(|c| [*c; 64 * 64]).collect();
            let picture = Tensor::from_vec(picture, (1, 3, 64, 64), &device).unwrap();
            let decoded = vae.decode_signal(&vae.encode_signal(&picture).unwrap().mean).unwrap();
            let middle = 32 * 64 + 32;
            for (channel, wanted) in colour.iter().enumerate() {
                let plane = numbers(&decoded.get(0).unwrap().get(channel).unwrap()).unwrap();
                // Random branches beside the paths disturb them.
                assert!((plane[middle] - wanted).abs() < 0.3, "{colour:?}: {}", plane[middle]);
            }
        }
    }
}
