//! Showing a layer: over grey, over a checkerboard, as bytes.

use candle_core::{Device, Tensor};

use super::LayerPicture;
use crate::blocks::NetworkError;

/// Pixels along one side of a square, at least.
const SQUARE: usize = 64;

/// `½ + (colour - ½) · alpha`: a layer over mid grey, `[b, 3, h, w]`.
pub fn on_grey(layer: &LayerPicture) -> Result<Tensor, NetworkError> {
    Ok(((&layer.colour - 0.5)?.broadcast_mul(&layer.alpha)? + 0.5)?)
}

/// A layer over a checkerboard, `[b, 3, h, w]`.
pub fn over_checkerboard(layer: &LayerPicture) -> Result<Tensor, NetworkError> {
    let (_, _, height, width) = layer.colour.dims4()?;
    let board = Tensor::from_vec(checkerboard(width, height), (1, 1, height, width), &Device::Cpu)?;
    let board = board.to_device(layer.colour.device())?;
    let under = layer.alpha.affine(-1.0, 1.0)?.broadcast_mul(&board)?;
    Ok(layer.colour.broadcast_mul(&layer.alpha)?.broadcast_add(&under)?)
}

/// Squares of 0.45 and 0.55, row by row, the dark one first: as many as whole squares of 64 pixels fit,
/// enlarged to the picture's size.
pub fn checkerboard(width: usize, height: usize) -> Vec<f32> {
    let (columns, rows) = ((width / SQUARE).max(1), (height / SQUARE).max(1));
    let shade = |y: usize, x: usize| {
        let cell = y * rows / height + x * columns / width;
        if cell.is_multiple_of(2) { 0.45 } else { 0.55 }
    };
    (0..height).flat_map(|y| (0..width).map(move |x| shade(y, x))).collect()
}

/// `255 x` cut to 0 to 255 and truncated, as the reference writes its pictures.
pub fn bytes_by_truncation(values: &[f32]) -> Vec<u8> {
    // The cast truncates and saturates.
    values.iter().map(|value| (value * 255.0) as u8).collect()
}
