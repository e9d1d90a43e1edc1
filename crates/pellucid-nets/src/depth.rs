//! How near what is seen in a picture is: Depth Anything V2 (Yang et al. 2024).

mod head;
mod scaling;
mod transformer;

use candle_core::{DType, Device, Tensor};

use crate::blocks::{NetworkError, Source};
use crate::checkpoint::{DepthConfig, PATCH};
use crate::weights::Weights;
use head::Head;
pub use scaling::bilinear;
use transformer::Transformer;

/// Mean and deviation of the colours of ImageNet, which pictures are freed of.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// A depth estimator.
pub struct DepthEstimator {
    transformer: Transformer,
    head: Head,
}

impl DepthEstimator {
    /// Loads a network of this shape.
    ///
    /// # Errors
    /// When a tensor is missing, or of another shape.
    pub fn load(
        weights: &Weights,
        config: &DepthConfig,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let source = Source::new(weights, dtype, device);
        Ok(Self {
            transformer: Transformer::load(&source.under("pretrained"), config)?,
            head: Head::load(&source.under("depth_head"), config)?,
        })
    }

    /// Pictures `[b, 3, h, w]`, 0 to 1, with sides that are multiples of [`PATCH`], to nearness `[b, 1, h, w]` in f32:
    /// larger is nearer, 0 is as far as can be, and there is no unit.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor, NetworkError> {
        let (_, _, height, width) = pictures.dims4()?;
        let colours =
            |values: [f32; 3]| Tensor::new(&values, pictures.device())?.reshape((1, 3, 1, 1));
        let signal =
            pictures.broadcast_sub(&colours(MEAN)?)?.broadcast_div(&colours(DEVIATION)?)?;
        let maps = self.transformer.forward(&signal)?;
        self.head.forward(maps, [height / PATCH, width / PATCH])
    }
}

/// The size at which a picture is looked at: its shorter side about `side` pixels and not less, both sides multiples of
/// [`PATCH`], proportions kept as far as these let.
pub fn looked_at(height: usize, width: usize, side: usize) -> [usize; 2] {
    let scale = (side as f64 / height.max(1) as f64).max(side as f64 / width.max(1) as f64);
    [height, width].map(|length| {
        let patches = scale * length as f64 / PATCH as f64;
        let rounded = patches.round_ties_even() as usize * PATCH;
        if rounded < side { patches.ceil() as usize * PATCH } else { rounded }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_is_no_shorter_than_wanted() {
        assert_eq!(looked_at(518, 518, 518), [518, 518]);
        assert_eq!(looked_at(480, 640, 518), [518, 686]);
        assert_eq!(looked_at(1000, 100, 518), [5180, 518]);
        assert_eq!(looked_at(64, 64, 500), [504, 504]);
    }
}
