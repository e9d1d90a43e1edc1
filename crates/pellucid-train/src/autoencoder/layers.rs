//! Layers in an autoencoder of four channels: what one would do without latent transparency.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::saved;
use crate::adam::numbers;
use crate::batch::{layers, signals};
use crate::data::Canvas;
use crate::error::TrainError;

/// Channels of a layer: red, green, blue, alpha.
pub(super) const CHANNELS: usize = 4;

/// Layers as signals of -1 to 1, `[b, 4, h, w]`: on grey, and alpha.
pub fn layer_signals(pictures: &[&Canvas], device: &Device) -> Result<Tensor, TrainError> {
    let alpha = ((layers(pictures, device)?.alpha * 2.0)? - 1.0)?;
    Ok(Tensor::cat(&[&signals(pictures, device)?, &alpha], 1)?)
}

/// The layers of such signals.
pub fn layers_of_signals(signals: &Tensor) -> Result<Vec<Canvas>, TrainError> {
    let (batch, _, side, _) = signals.dims4()?;
    let values = numbers(signals)?;
    let area = side * side;
    let layer = |values: &[f32]| {
        let pixel = |at: usize| {
            let unit = |channel: usize| (values[channel * area + at] * 0.5 + 0.5).clamp(0.0, 1.0);
            let alpha = unit(3);
            // What grey shows through is taken out of the colour.
            let colour = |channel| (unit(channel) - 0.5 * (1.0 - alpha)).clamp(0.0, alpha);
            [colour(0), colour(1), colour(2), alpha]
        };
        Canvas { size: side, pixels: (0..area).map(pixel).collect() }
    };
    Ok((0..batch).map(|index| layer(&values[index * CHANNELS * area..])).collect())
}

/// A saved autoencoder with `channels` instead of fewer; it does not see the new ones yet and gives 0 for them.
pub(super) fn widened(
    path: &Path,
    channels: usize,
) -> Result<BTreeMap<String, Tensor>, TrainError> {
    let mut tensors = saved(path)?;
    for (key, axis) in [
        ("encoder.conv_in.weight", 1),
        ("decoder.conv_out.weight", 0),
        ("decoder.conv_out.bias", 0),
    ] {
        if let Some(tensor) = tensors.get_mut(key) {
            let missing = channels.saturating_sub(tensor.dim(axis)?);
            *tensor = tensor.pad_with_zeros(axis, 0, missing)?;
        }
    }
    Ok(tensors)
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
