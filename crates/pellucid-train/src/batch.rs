//! From canvases to tensors and back.

use candle_core::{Device, Tensor};
use pellucid_nets::layer_diffuse::LayerPicture;

use crate::data::Canvas;
use crate::data::canvas::off_grey;
use crate::error::TrainError;

/// Opaque pictures as a signal of -1 to 1, `[b, 3, h, w]`; what is clear is grey, a signal of 0.
pub fn signals(pictures: &[&Canvas], device: &Device) -> Result<Tensor, TrainError> {
    let side = pictures.first().map_or(0, |picture| picture.size);
    let mut values = Vec::with_capacity(pictures.len() * 3 * side * side);
    for picture in pictures {
        for channel in 0..3 {
            // 2 · (colour over half) - 1, colour premultiplied.
            values.extend(picture.pixels.iter().map(|p| 2.0 * p[channel] - p[3]));
        }
    }
    Ok(Tensor::from_vec(values, (pictures.len(), 3, side, side), device)?)
}

/// Layers as straight colour and alpha; colour is 0 where alpha is.
pub fn layers(pictures: &[&Canvas], device: &Device) -> Result<LayerPicture, TrainError> {
    let side = pictures.first().map_or(0, |picture| picture.size);
    let (mut colour, mut alpha) = (Vec::new(), Vec::new());
    for picture in pictures {
        for channel in 0..3 {
            let straight =
                |p: &[f32; 4]| if p[3] > 0.0 { (p[channel] / p[3]).min(1.0) } else { 0.0 };
            colour.extend(picture.pixels.iter().map(straight));
        }
        alpha.extend(picture.pixels.iter().map(|p| p[3]));
    }
    let count = pictures.len();
    Ok(LayerPicture {
        colour: Tensor::from_vec(colour, (count, 3, side, side), device)?,
        alpha: Tensor::from_vec(alpha, (count, 1, side, side), device)?,
    })
}

/// Signals of -1 to 1 as opaque canvases, cut at black and white.
pub fn canvases(signals: &Tensor) -> Result<Vec<Canvas>, TrainError> {
    let (batch, _, side, _) = signals.dims4()?;
    let values = crate::adam::numbers(signals)?;
    let area = side * side;
    let picture = |values: &[f32]| Canvas {
        size: side,
        pixels: (0..area)
            .map(|i| {
                let channel = |c: usize| (values[c * area + i] * 0.5 + 0.5).clamp(0.0, 1.0);
                [channel(0), channel(1), channel(2), 1.0]
            })
            .collect(),
    };
    Ok((0..batch).map(|index| picture(&values[index * 3 * area..])).collect())
}

/// Alpha, red, green, blue `[b, 4, h, w]`, straight, as canvases; values are cut to 0..1.
pub fn layer_canvases(layers: &Tensor) -> Result<Vec<Canvas>, TrainError> {
    let (batch, _, side, _) = layers.dims4()?;
    let values = crate::adam::numbers(layers)?;
    let area = side * side;
    let picture = |values: &[f32]| Canvas {
        size: side,
        pixels: (0..area)
            .map(|i| {
                let channel = |c: usize| values[c * area + i].clamp(0.0, 1.0);
                let alpha = channel(0);
                [channel(1) * alpha, channel(2) * alpha, channel(3) * alpha, alpha]
            })
            .collect(),
    };
    Ok((0..batch).map(|index| picture(&values[index * 4 * area..])).collect())
}

/// Channels of a layer: red, green, blue, alpha.
pub const LAYER_CHANNELS: usize = 4;

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
    let signals = signals.narrow(1, 0, LAYER_CHANNELS)?;
    let (batch, _, side, _) = signals.dims4()?;
    let values = crate::adam::numbers(&signals)?;
    let area = side * side;
    let layer = |values: &[f32]| {
        let pixel = |at: usize| {
            let unit = |channel: usize| (values[channel * area + at] * 0.5 + 0.5).clamp(0.0, 1.0);
            off_grey([unit(0), unit(1), unit(2)], unit(3))
        };
        Canvas { size: side, pixels: (0..area).map(pixel).collect() }
    };
    Ok((0..batch).map(|index| layer(&values[index * LAYER_CHANNELS * area..])).collect())
}

/// A square cut out of a picture.
pub fn cut(picture: &Canvas, left: usize, top: usize, side: usize) -> Canvas {
    let rows = picture.pixels.chunks(picture.size.max(1)).skip(top).take(side);
    let pixels = rows.flat_map(|row| row[left..left + side].iter().copied()).collect();
    Canvas { size: side, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Source, Split};

    #[test]
    fn a_layer_comes_back_from_its_signal() {
        let layer = Source::Rule.example(4, 1, 64, Split::Training).foreground;
        let signal = layer_signals(&[&layer], &Device::Cpu).unwrap();
        assert_eq!(signal.dims(), [1, LAYER_CHANNELS, 64, 64]);
        let back = layers_of_signals(&signal).unwrap().remove(0);
        for (wanted, got) in layer.pixels.iter().zip(&back.pixels) {
            for channel in 0..4 {
                // A few roundings of values up to 1.
                assert!((wanted[channel] - got[channel]).abs() < 1e-5, "{wanted:?} {got:?}");
            }
        }
    }
}
