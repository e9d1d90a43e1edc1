//! Sizes and ranges on the picture's side of an autoencoder.

use candle_core::Tensor;

use crate::blocks::{NetworkError, input_error};

/// `2x - 1`: a picture, 0 to 1, as networks see it.
pub fn signal_of_picture(picture: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(picture.affine(2.0, -1.0)?)
}

/// `(x + 1) / 2`, clamped to 0 to 1.
pub fn picture_of_signal(signal: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(((signal + 1.0)? / 2.0)?.clamp(0f32, 1f32)?)
}

/// Cuts the edges of `[b, c, h, w]` to whole multiples of `unit`: half of the remainder, rounded down, at
/// the top and left, the rest at the bottom and right. An error if nothing is left.
pub fn crop_to_multiple(picture: &Tensor, unit: usize) -> Result<Tensor, NetworkError> {
    let (_, _, height, width) = picture.dims4()?;
    let (new_height, new_width) = (height - height % unit.max(1), width - width % unit.max(1));
    if new_height * new_width == 0 {
        return input_error(format!("a picture of {width}x{height} is smaller than {unit}x{unit}"));
    }
    cut(picture, (height - new_height) / 2, (width - new_width) / 2, new_height, new_width)
}

/// Extends `[b, c, h, w]` to whole multiples of `unit` by repeating the last row and column. [`cut`] from
/// the top left corner takes it back.
pub fn pad_to_multiple(picture: &Tensor, unit: usize) -> Result<Tensor, NetworkError> {
    let (_, _, height, width) = picture.dims4()?;
    if height * width == 0 {
        return input_error("a picture needs at least one pixel");
    }
    let (down, right) = (missing(height, unit), missing(width, unit));
    let padded = picture.pad_with_same(2, 0, down)?.pad_with_same(3, 0, right)?;
    Ok(padded.contiguous()?)
}

/// The part of `[b, c, h, w]` from `(top, left)`; an error if it is not inside.
pub fn cut(
    picture: &Tensor,
    top: usize,
    left: usize,
    height: usize,
    width: usize,
) -> Result<Tensor, NetworkError> {
    Ok(picture.narrow(2, top, height)?.narrow(3, left, width)?.contiguous()?)
}

fn missing(size: usize, unit: usize) -> usize {
    size.next_multiple_of(unit.max(1)) - size
}
