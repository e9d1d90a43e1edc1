//! Colour under what is transparent, spread from what is visible over a pyramid of scales.

use candle_core::{DType, Device, Tensor};

use super::LayerPicture;
use super::resample::{Interpolation, Raster, resample};
use crate::blocks::{NetworkError, input_error};

/// By how much a level of the pyramid is smaller than the one before.
const SHRINK: f64 = 1.2;

/// The colour of a layer with its transparent parts filled, `[b, 3, h, w]` in f32 on the CPU. Opaque pixels
/// keep their colour; a layer without any opaque part becomes black.
pub fn pad_colour(layer: &LayerPicture) -> Result<Tensor, NetworkError> {
    let (batch, channels, height, width) = layer.colour.dims4()?;
    if channels != 3 || layer.alpha.dims() != [batch, 1, height, width] {
        let (colour, alpha) = (layer.colour.dims(), layer.alpha.dims());
        return input_error(format!("no layer: colour of shape {colour:?}, alpha {alpha:?}"));
    }
    let both = Tensor::cat(&[&layer.colour.broadcast_mul(&layer.alpha)?, &layer.alpha], 1)?;
    let both = both.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.permute((0, 2, 3, 1))?;
    let mut padded = Vec::with_capacity(batch);
    for index in 0..batch {
        let values = both.get(index)?.flatten_all()?.to_vec1::<f32>()?;
        let filled = fill(Raster { width, height, channels: 4, values })?;
        padded.push(Tensor::from_vec(filled.values, (1, height, width, 4), &Device::Cpu)?);
    }
    let padded = Tensor::cat(&padded, 0)?.narrow(3, 0, 3)?.permute((0, 3, 1, 2))?;
    Ok(padded.contiguous()?.to_device(layer.colour.device())?)
}

/// The levels of the pyramid over premultiplied colour and alpha, coarsest first; one side of the coarsest
/// is a single pixel.
pub fn pyramid(premultiplied: Raster) -> Result<Vec<Raster>, NetworkError> {
    let smaller = |size: usize| (size as f64 / SHRINK) as usize;
    let mut levels = vec![premultiplied];
    loop {
        let finest = &levels[levels.len() - 1];
        if finest.width.min(finest.height) <= 1 {
            levels.reverse();
            return Ok(levels);
        }
        let (width, height) = (smaller(finest.width), smaller(finest.height));
        levels.push(resample(finest, width, height, Interpolation::Area)?);
    }
}

fn fill(premultiplied: Raster) -> Result<Raster, NetworkError> {
    let levels = pyramid(premultiplied)?;
    let mut filled = mean_colour(&levels[0]);
    for level in levels {
        let mut next = resample(&filled, level.width, level.height, Interpolation::Linear)?;
        let pixels = level.values.chunks_exact(4);
        for (under, over) in next.values.chunks_exact_mut(4).zip(pixels) {
            for channel in 0..4 {
                under[channel] = over[channel] + under[channel] * (1.0 - over[3]);
            }
        }
        filled = next;
    }
    Ok(filled)
}

/// One pixel: the mean visible colour.
fn mean_colour(level: &Raster) -> Raster {
    let mut sums = [0f64; 4];
    for pixel in level.values.chunks_exact(4) {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += f64::from(*value);
        }
    }
    let alpha = sums[3].clamp(1e-8, 1e32);
    let values = sums.iter().map(|sum| (sum / alpha) as f32).collect();
    Raster { width: 1, height: 1, channels: 4, values }
}
