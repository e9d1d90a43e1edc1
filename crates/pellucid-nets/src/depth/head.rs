//! The dense prediction head (Ranftl et al. 2021, "Vision Transformers for Dense Prediction").

use candle_core::{DType, Tensor};

use super::scaling::bilinear;
use crate::blocks::{Conv2d, NetworkError, Source};
use crate::checkpoint::{DepthConfig, PATCH};

pub struct Head {
    projections: Vec<Conv2d>,
    enlarge: [Enlarge; 2],
    shrink: Conv2d,
    narrow: Vec<Conv2d>,
    fusions: Vec<Fusion>,
    out1: Conv2d,
    out2: [Conv2d; 2],
}

/// A transposed convolution whose kernel is as large as its step, so that no two inputs meet: a product for every
/// pixel, and the results laid out as squares.
struct Enlarge {
    /// `[out · factor², in, 1, 1]`.
    product: Conv2d,
    factor: usize,
}

struct Fusion {
    /// For the map that comes in at this size.
    of_map: Residual,
    of_sum: Residual,
    out: Conv2d,
}

struct Residual {
    convolutions: [Conv2d; 2],
}

impl Head {
    pub fn load(source: &Source, config: &DepthConfig) -> Result<Self, NetworkError> {
        let DepthConfig { width, maps, features, last, .. } = *config;
        let scratch = source.under("scratch");
        let projection = |(index, &map): (usize, &usize)| {
            Conv2d::load1(&source.under(format!("projects.{index}")), width, map)
        };
        let narrow = |(index, &map): (usize, &usize)| {
            without_bias(&scratch.under(format!("layer{}_rn", index + 1)), map, features)
        };
        let fusion = |index| Fusion::load(&scratch.under(format!("refinenet{index}")), features);
        let resize = |index: usize| source.under(format!("resize_layers.{index}"));
        let last_convolution = |key: &str| scratch.under("output_conv2").under(key);
        Ok(Self {
            projections: maps.iter().enumerate().map(projection).collect::<Result<_, _>>()?,
            enlarge: [
                Enlarge::load(&resize(0), maps[0], 4)?,
                Enlarge::load(&resize(1), maps[1], 2)?,
            ],
            shrink: Conv2d::load3_stride2(&resize(3), maps[3], maps[3])?,
            narrow: maps.iter().enumerate().map(narrow).collect::<Result<_, _>>()?,
            fusions: (1..=4).map(fusion).collect::<Result<_, _>>()?,
            out1: Conv2d::load3(&scratch.under("output_conv1"), features, features / 2)?,
            out2: [
                Conv2d::load3(&last_convolution("0"), features / 2, last)?,
                Conv2d::load1(&last_convolution("2"), last, 1)?,
            ],
        })
    }

    /// From four maps to nearness, `[b, 1, 14 rows, 14 columns]` in f32.
    pub fn forward(
        &self,
        maps: [Tensor; 4],
        [rows, columns]: [usize; 2],
    ) -> Result<Tensor, NetworkError> {
        let mut sized = Vec::with_capacity(4);
        for (index, map) in maps.iter().enumerate() {
            let map = self.projections[index].forward(map)?;
            let map = match index {
                0 | 1 => self.enlarge[index].forward(&map)?,
                2 => map,
                _ => self.shrink.forward(&map)?,
            };
            sized.push(self.narrow[index].forward(&map)?);
        }
        let mut path = self.fusions[3].forward(None, &sized[3], size(&sized[2])?)?;
        for index in [2, 1, 0] {
            let to = match index {
                0 => size(&sized[0])?.map(|side| 2 * side),
                _ => size(&sized[index - 1])?,
            };
            path = self.fusions[index].forward(Some(&path), &sized[index], to)?;
        }
        let out = bilinear(&self.out1.forward(&path)?, PATCH * rows, PATCH * columns)?;
        let [first, last] = &self.out2;
        Ok(last.forward(&first.forward(&out)?.relu()?)?.relu()?.to_dtype(DType::F32)?)
    }
}

fn size(map: &Tensor) -> Result<[usize; 2], NetworkError> {
    let (_, _, height, width) = map.dims4()?;
    Ok([height, width])
}

fn without_bias(source: &Source, from: usize, to: usize) -> Result<Conv2d, NetworkError> {
    let weight = source.weight("weight", &[to, from, 3, 3])?;
    let bias = Tensor::zeros(to, source.activations(), &source.device)?;
    Ok(Conv2d { weight, bias, stride: 1, padding: 1 })
}

impl Enlarge {
    fn load(source: &Source, channels: usize, factor: usize) -> Result<Self, NetworkError> {
        let weight = source.tensor("weight", &[channels, channels, factor, factor])?;
        let count = channels * factor * factor;
        let weight = weight.reshape((channels, count))?.t()?.contiguous()?;
        let bias = source.tensor("bias", &[channels])?;
        let bias = bias.unsqueeze(1)?.broadcast_as((channels, factor * factor))?.contiguous()?;
        let (weight, bias) = (weight.reshape((count, channels, 1, 1))?, bias.flatten_all()?);
        Ok(Self { product: Conv2d { weight, bias, stride: 1, padding: 0 }, factor })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let (batch, channels, height, width) = x.dims4()?;
        let factor = self.factor;
        let squares = self.product.forward(x)?;
        let split = squares.reshape(&[batch, channels, factor, factor, height, width][..])?;
        let laid = split.permute([0, 1, 4, 2, 5, 3])?.contiguous()?;
        Ok(laid.reshape((batch, channels, factor * height, factor * width))?)
    }
}

impl Fusion {
    fn load(source: &Source, features: usize) -> Result<Self, NetworkError> {
        Ok(Self {
            of_map: Residual::load(&source.under("resConfUnit1"), features)?,
            of_sum: Residual::load(&source.under("resConfUnit2"), features)?,
            out: Conv2d::load1(&source.under("out_conv"), features, features)?,
        })
    }

    /// Adds a map to what comes from below, and scales the result; the lowest map has nothing below it.
    fn forward(
        &self,
        below: Option<&Tensor>,
        map: &Tensor,
        [height, width]: [usize; 2],
    ) -> Result<Tensor, NetworkError> {
        let sum = match below {
            Some(below) => (below + self.of_map.forward(map)?)?,
            None => map.clone(),
        };
        self.out.forward(&bilinear(&self.of_sum.forward(&sum)?, height, width)?)
    }
}

impl Residual {
    fn load(source: &Source, features: usize) -> Result<Self, NetworkError> {
        let conv = |key| Conv2d::load3(&source.under(key), features, features);
        Ok(Self { convolutions: [conv("conv1")?, conv("conv2")?] })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        let [first, second] = &self.convolutions;
        Ok((second.forward(&first.forward(&x.relu()?)?.relu()?)? + x)?)
    }
}
