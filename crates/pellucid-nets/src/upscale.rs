//! Upscaling pictures with an RRDBNet (Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative
//! Adversarial Networks").

use candle_core::{DType, Device, Tensor};

use crate::blocks::{Conv2d, NetworkError, Source, resize_nearest};
use crate::checkpoint::UpscalerConfig;
use crate::tiles::{Canvas, spans};
use crate::weights::Weights;

/// How much of a residual is added to what it is of.
const RESIDUAL: f64 = 0.2;
/// The slope of activations below 0.
const LEAK: f64 = 0.2;

/// An RRDBNet.
pub struct Upscaler {
    /// Its shape.
    pub config: UpscalerConfig,
    first: Conv2d,
    blocks: Vec<[Dense; 3]>,
    trunk: Conv2d,
    doubled: Vec<Conv2d>,
    last: [Conv2d; 2],
}

/// A dense block: each of five convolutions sees what all before it gave.
struct Dense {
    convolutions: Vec<Conv2d>,
}

impl Upscaler {
    /// Loads a network of this shape.
    ///
    /// # Errors
    /// When a tensor is missing, or of another shape.
    pub fn load(
        weights: &Weights,
        config: &UpscalerConfig,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let source = Source::new(weights, dtype, device);
        let (width, growth) = (config.width, config.growth);
        let conv = |key: String, from, to| Conv2d::load3(&source.under(key), from, to);
        let dense = |block, dense| {
            let convolution = |index: usize| {
                let to = if index == 5 { width } else { growth };
                conv(config.dense(block, dense, index), width + (index - 1) * growth, to)
            };
            Ok::<_, NetworkError>(Dense {
                convolutions: (1..=5).map(convolution).collect::<Result<_, NetworkError>>()?,
            })
        };
        let block = |index| Ok([dense(index, 1)?, dense(index, 2)?, dense(index, 3)?]);
        let [high, last] = config.last();
        Ok(Self {
            first: conv(config.first(), config.in_channels(), width)?,
            blocks: (0..config.blocks).map(block).collect::<Result<_, NetworkError>>()?,
            trunk: conv(config.trunk(), width, width)?,
            doubled: (0..config.doublings)
                .map(|index| conv(config.doubled(index), width, width))
                .collect::<Result<_, _>>()?,
            last: [conv(high, width, width)?, conv(last, width, 3)?],
            config: config.clone(),
        })
    }

    /// Pictures `[b, 3, h, w]`, 0 to 1, to `[b, 3, scale h, scale w]`, about 0 to 1, in f32.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor, NetworkError> {
        let (_, _, height, width) = pictures.dims4()?;
        let weight = &self.first.weight;
        let dtype = if weight.device().is_cpu() { DType::F32 } else { weight.dtype() };
        let pictures = pictures.to_device(weight.device())?.to_dtype(dtype)?;
        let first = self.first.forward(&divided(&pictures, self.config.divisor)?)?;
        let mut x = first.clone();
        for block in &self.blocks {
            let mut inner = x.clone();
            for dense in block {
                inner = dense.forward(&inner)?;
            }
            x = ((inner * RESIDUAL)? + x)?;
        }
        let mut x = (self.trunk.forward(&x)? + first)?;
        for convolution in &self.doubled {
            let (_, _, height, width) = x.dims4()?;
            x = leaky(&convolution.forward(&resize_nearest(&x, 2 * height, 2 * width)?)?)?;
        }
        let [high, last] = &self.last;
        let scaled = last.forward(&leaky(&high.forward(&x)?)?)?.to_dtype(DType::F32)?;
        let scale = self.config.scale();
        Ok(scaled.narrow(2, 0, scale * height)?.narrow(3, 0, scale * width)?.contiguous()?)
    }

    /// As [`Upscaler::forward`], one picture after the other, in tiles of at most `tile` pixels a side that overlap by
    /// `overlap`, blended; pictures that fit one tile are done whole. `step` is told how many tiles of how many are
    /// done, and may end the work.
    ///
    /// # Errors
    /// When tiles are no larger than their overlap, a network cannot be run, or `step` ends the work.
    pub fn forward_tiled<E: From<NetworkError>>(
        &self,
        picture: &Tensor,
        tile: usize,
        overlap: usize,
        step: &mut dyn FnMut(u64, u64) -> Result<(), E>,
    ) -> Result<Tensor, E> {
        let (batch, _, height, width) = picture.dims4().map_err(NetworkError::from)?;
        let (rows, columns) = (spans(height, tile, overlap)?, spans(width, tile, overlap)?);
        let scale = self.config.scale();
        let (mut done, total) = (0, (batch * rows.len() * columns.len()) as u64);
        let mut scaled = Vec::with_capacity(batch);
        for index in 0..batch {
            if rows.len() * columns.len() == 1 {
                step(done, total)?;
                scaled.push(self.forward(&cut(picture, index, rows[0], columns[0])?)?);
                done += 1;
                continue;
            }
            let mut canvas = Canvas::new(3, scale * height, scale * width);
            for &(top, tall) in &rows {
                for &(left, wide) in &columns {
                    step(done, total)?;
                    let part = cut(picture, index, (top, tall), (left, wide))?;
                    let part = self.forward(&part)?.to_device(&Device::Cpu);
                    let part = part.map_err(NetworkError::from)?;
                    canvas.add(&part, scale * top, scale * left, scale * overlap)?;
                    done += 1;
                }
            }
            scaled.push(canvas.finish()?);
        }
        Ok(Tensor::cat(&scaled, 0).map_err(NetworkError::from)?)
    }
}

impl Dense {
    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let mut seen = vec![x.clone()];
        for (index, convolution) in self.convolutions.iter().enumerate() {
            let found = convolution.forward(&Tensor::cat(&seen, 1)?)?;
            if index + 1 == self.convolutions.len() {
                return Ok(((found * RESIDUAL)? + x)?);
            }
            seen.push(leaky(&found)?);
        }
        Ok(x.clone())
    }
}

fn leaky(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(candle_nn::ops::leaky_relu(x, LEAK)?)
}

fn cut(
    picture: &Tensor,
    index: usize,
    (top, tall): (usize, usize),
    (left, wide): (usize, usize),
) -> Result<Tensor, NetworkError> {
    let part = picture.narrow(0, index, 1)?.narrow(2, top, tall)?.narrow(3, left, wide)?;
    Ok(part.contiguous()?)
}

/// `[b, c, h, w]` to `[b, c d², ⌈h / d⌉, ⌈w / d⌉]`: squares of `d` pixels become channels, row by row, colour slowest;
/// sides that are no multiples are mirrored at their end, the last pixel not repeated.
fn divided(x: &Tensor, divisor: usize) -> Result<Tensor, NetworkError> {
    if divisor == 1 {
        return Ok(x.clone());
    }
    let x = mirrored(&mirrored(x, 2, divisor)?, 3, divisor)?;
    let (batch, channels, height, width) = x.dims4()?;
    let (height, width) = (height / divisor, width / divisor);
    let split = x.reshape(&[batch, channels, height, divisor, width, divisor][..])?;
    let moved = split.permute([0, 1, 3, 5, 2, 4])?.contiguous()?;
    Ok(moved.reshape((batch, channels * divisor * divisor, height, width))?)
}

fn mirrored(x: &Tensor, axis: usize, divisor: usize) -> Result<Tensor, NetworkError> {
    let size = x.dim(axis)?;
    let whole = size.next_multiple_of(divisor);
    if whole == size || size == 0 {
        return Ok(x.clone());
    }
    let index: Vec<u32> = (0..whole).map(|i| folded(i, size) as u32).collect();
    Ok(x.contiguous()?.index_select(&Tensor::new(index, x.device())?, axis)?)
}

/// A place behind the end, mirrored into `0..size` as often as it takes.
fn folded(place: usize, size: usize) -> usize {
    let period = (2 * size - 2).max(1);
    let place = place % period;
    if place < size { place } else { period - place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_behind_the_end_are_mirrored() {
        let of = |size| (0..7).map(|place| folded(place, size)).collect::<Vec<_>>();
        assert_eq!(of(1), [0; 7]);
        assert_eq!(of(2), [0, 1, 0, 1, 0, 1, 0]);
        assert_eq!(of(4), [0, 1, 2, 3, 2, 1, 0]);
    }

    #[test]
    fn squares_of_pixels_become_channels_and_short_sides_are_mirrored() {
        let x = Tensor::arange(0f32, 9.0, &Device::Cpu).unwrap().reshape((1, 1, 3, 3)).unwrap();
        let got = divided(&x, 2).unwrap();
        assert_eq!(got.dims(), [1, 4, 2, 2]);
        // Rows 0 1 2 | 1, 3 4 5 | 4, 6 7 8 | 7 and again 3 4 5 | 4.
        let want = [0.0, 2.0, 6.0, 8.0, 1.0, 1.0, 7.0, 7.0, 3.0, 5.0, 3.0, 5.0, 4.0, 4.0, 4.0, 4.0];
        assert_eq!(got.flatten_all().unwrap().to_vec1::<f32>().unwrap(), want);
    }
}
