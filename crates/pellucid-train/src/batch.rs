//! From canvases to tensors and back.

use candle_core::{Device, Tensor};
use pellucid_nets::layer_diffuse::LayerPicture;

use crate::data::Canvas;
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

/// A square cut out of a picture.
pub fn cut(picture: &Canvas, left: usize, top: usize, side: usize) -> Canvas {
    let rows = picture.pixels.chunks(picture.size.max(1)).skip(top).take(side);
    let pixels = rows.flat_map(|row| row[left..left + side].iter().copied()).collect();
    Canvas { size: side, pixels }
}
