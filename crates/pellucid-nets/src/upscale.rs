//! Upscaling pictures with an RRDBNet (Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative
//! Adversarial Networks").

use candle_core::{DType, Device, Tensor};

use crate::blocks::{Conv2d, NetworkError, Source, resize_nearest};
use crate::checkpoint::UpscalerConfig;
use crate::tiles::{Grid, cut};
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
    inner: Vec<Conv2d>,
    last: Conv2d,
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
            let seen = |index| width + (index - 1) * growth;
            let inner = |index| conv(config.dense(block, dense, index), seen(index), growth);
            let inner = (1..5).map(inner).collect::<Result<_, _>>()?;
            let last = conv(config.dense(block, dense, 5), seen(5), width)?;
            Ok::<_, NetworkError>(Dense { inner, last })
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
        pictures: &Tensor,
        tile: usize,
        overlap: usize,
        step: &mut dyn FnMut(u64, u64) -> Result<(), E>,
    ) -> Result<Tensor, E> {
        let (batch, _, height, width) = pictures.dims4().map_err(NetworkError::from)?;
        let grid = Grid::new([height, width], [tile, tile], overlap)?;
        let (mut done, total) = (0, (batch * grid.count()) as u64);
        let mut scaled = Vec::with_capacity(batch);
        for index in 0..batch {
            let picture = pictures.narrow(0, index, 1).map_err(NetworkError::from)?;
            scaled.push(grid.blended::<E>(3, self.config.scale(), &mut |rows, columns| {
                step(done, total)?;
                done += 1;
                Ok(self.forward(&cut(&picture, rows, columns, 1)?)?)
            })?);
        }
        Ok(Tensor::cat(&scaled, 0).map_err(NetworkError::from)?)
    }
}

impl Dense {
    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let mut seen = vec![x.clone()];
        for convolution in &self.inner {
            seen.push(leaky(&convolution.forward(&Tensor::cat(&seen, 1)?)?)?);
        }
        Ok(((self.last.forward(&Tensor::cat(&seen, 1)?)? * RESIDUAL)? + x)?)
    }
}

fn leaky(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(candle_nn::ops::leaky_relu(x, LEAK)?)
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
