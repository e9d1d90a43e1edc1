//! Layers in an autoencoder of four channels: what one would do without latent transparency.

use std::path::Path;

use candle_core::{Device, Tensor};

use super::saved;
use crate::adam::numbers;
use crate::batch::signals;
use crate::data::Canvas;
use crate::error::TrainError;
use crate::parameters::Parameters;

/// Channels of a layer: red, green, blue, alpha.
pub(super) const CHANNELS: usize = 4;

/// Layers as signals of -1 to 1, `[b, 4, h, w]`: on grey, and alpha.
pub fn layer_signals(pictures: &[&Canvas], device: &Device) -> Result<Tensor, TrainError> {
    let colour = signals(pictures, device)?;
    let (batch, _, height, width) = colour.dims4()?;
    let alpha = pictures.iter().flat_map(|picture| &picture.pixels).map(|p| 2.0 * p[3] - 1.0);
    let alpha = Tensor::from_vec(alpha.collect::<Vec<f32>>(), (batch, 1, height, width), device)?;
    Ok(Tensor::cat(&[&colour, &alpha], 1)?)
}

/// The layers of such signals, `[b, 4, h, w]`.
///
/// # Errors
/// When there are not four channels.
pub fn layers_of_signals(signals: &Tensor) -> Result<Vec<Canvas>, TrainError> {
    let signals = signals.narrow(1, 0, CHANNELS)?;
    let (batch, _, side, _) = signals.dims4()?;
    let values = numbers(&signals)?;
    let area = side * side;
    let layer = |values: &[f32]| {
        let pixel = |at: usize| {
            let unit = |channel: usize| (values[channel * area + at] * 0.5 + 0.5).clamp(0.0, 1.0);
            let alpha = unit(3);
            // What grey shows through is taken out of the colour.
            let colour = |channel| (unit(channel) - 0.5 * (1.0 - alpha)).max(0.0).min(alpha);
            [colour(0), colour(1), colour(2), alpha]
        };
        Canvas { size: side, pixels: (0..area).map(pixel).collect() }
    };
    Ok((0..batch).map(|index| layer(&values[index * CHANNELS * area..])).collect())
}

/// Starts as a saved autoencoder, with `channels` instead of fewer: it does not see the new ones yet, and gives 0
/// for them.
pub(super) fn start(
    parameters: &Parameters,
    path: &Path,
    channels: usize,
) -> Result<(), TrainError> {
    let tensors = saved(path)?;
    parameters.set(path, |key| {
        let missing = || TrainError::State(path.into(), format!("`{key}` is missing"));
        let tensor = tensors.get(key).ok_or_else(missing)?;
        let axis = match key {
            "encoder.conv_in.weight" => 1,
            "decoder.conv_out.weight" | "decoder.conv_out.bias" => 0,
            _ => return Ok(tensor.clone()),
        };
        let missing = channels.saturating_sub(tensor.dim(axis)?);
        Ok(tensor.pad_with_zeros(axis, 0, missing)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Source, Split};

    #[test]
    fn a_layer_comes_back_from_its_signal() {
        let layer = Source::Rule.example(4, 1, 64, Split::Training).foreground;
        let signal = layer_signals(&[&layer], &Device::Cpu).unwrap();
        assert_eq!(signal.dims(), [1, CHANNELS, 64, 64]);
        let back = layers_of_signals(&signal).unwrap().remove(0);
        for (wanted, got) in layer.pixels.iter().zip(&back.pixels) {
            for channel in 0..4 {
                // A few roundings of values up to 1.
                assert!((wanted[channel] - got[channel]).abs() < 1e-5, "{wanted:?} {got:?}");
            }
        }
    }
}
