//! How near what pictures show is.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use pellucid_nets::checkpoint::{DepthConfig, FileKind, depth_layout, inspect};
use pellucid_nets::depth::{DepthEstimator, bilinear, looked_at};
use pellucid_nets::interpolate::{Method, resampled};
use pellucid_nets::weights::Weights;
use pellucid_pixel::{Encoding, Image, Matte, MatteFact};
use pellucid_value::WeightFile;

use crate::array::{colour_of, finite, numbers};
use crate::error::unfit;
use crate::facts::loaded_bytes;
use crate::files::{kind_name, open, refuse_unsound};
use crate::{Computing, DiffusionError};

/// What is known of a depth estimator before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthFact {
    /// Bytes of its weights in memory.
    pub bytes: u64,
    /// Channels of the maps that it puts together, at the picture's size.
    pub features: u32,
}

/// What the depth estimator in a file is.
///
/// # Errors
/// When the file holds none, is not complete, or damaged.
pub fn depth_fact(file: &WeightFile) -> Result<DepthFact, DiffusionError> {
    let weights = open(file)?;
    let features = config(file, &weights)?.features as u32;
    Ok(DepthFact { bytes: loaded_bytes(&weights), features })
}

/// Height and width at which a picture of `height` by `width` is looked at whose shorter side is to be `side`.
pub fn depth_size(height: u32, width: u32, side: u32) -> [u32; 2] {
    looked_at(height as usize, width as usize, side as usize).map(|side| side as u32)
}

/// For every picture how near its pixels are: 0 the farthest, 1 the nearest of the picture; a picture all at one
/// distance is 0. Pictures are looked at with a shorter side of about `side` pixels; their alpha does not count.
///
/// `step` is told how many pictures are done and may end the work.
///
/// # Errors
/// When the network cannot be loaded or run.
pub fn nearness(
    computing: &Computing,
    file: &WeightFile,
    image: &Image,
    side: u32,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Matte, DiffusionError> {
    let network = network(computing, file)?;
    let pictures = colour_of(&image.encoded(Encoding::Srgb))?;
    let (count, _, height, width) = pictures.dims4()?;
    let mut values = Vec::with_capacity(count * height * width);
    for index in 0..count {
        step(index as u64, count as u64)?;
        let near = near(&network, &pictures.narrow(0, index, 1)?, side)?;
        finite(&near, "the depth estimator", [file])?;
        values.extend(spread(&numbers(&near)?));
    }
    let fact = MatteFact { batch: count as u32, ..MatteFact::new(width as u32, height as u32) };
    Ok(Matte::new(fact, values))
}

fn near(network: &DepthEstimator, picture: &Tensor, side: u32) -> Result<Tensor, DiffusionError> {
    let (_, _, height, width) = picture.dims4()?;
    let [rows, columns] = looked_at(height, width, side as usize);
    let shape = [1, 3, height, width];
    let seen = resampled(&numbers(picture)?, shape, (columns, rows), Method::Bicubic, false);
    let seen = Tensor::from_vec(seen, (1, 3, rows, columns), &Device::Cpu)?;
    let near = network.forward(&seen)?;
    Ok(bilinear(&near.to_device(&Device::Cpu)?, height, width)?)
}

/// From the least to the greatest, as 0 to 1.
fn spread(values: &[f32]) -> Vec<f32> {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = if most > least { most - least } else { 1.0 };
    values.iter().map(|value| ((value - least) / range).clamp(0.0, 1.0)).collect()
}

fn config(file: &WeightFile, weights: &Weights) -> Result<DepthConfig, DiffusionError> {
    let found = inspect(&weights.shapes());
    let FileKind::DepthEstimator(config) = &found.kind else {
        return unfit(format!(
            "`{}` is {}, not a depth estimator (Depth Anything V2 in the names of its authors)",
            file.name,
            kind_name(&found.kind)
        ));
    };
    refuse_unsound(&file.name, weights, &found, "", &depth_layout(config))?;
    Ok(config.clone())
}

fn network(
    computing: &Computing,
    file: &WeightFile,
) -> Result<Arc<DepthEstimator>, DiffusionError> {
    let weights = open(file)?;
    let name = computing.name("depth estimator", file);
    computing.residents.get(&name, loaded_bytes(&weights), || {
        let config = config(file, &weights)?;
        Ok(DepthEstimator::load(&weights, &config, computing.dtype, &computing.device)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearness_goes_from_0_to_1() {
        assert_eq!(spread(&[2.0, 4.0, 3.0]), [0.0, 1.0, 0.5]);
        assert_eq!(spread(&[2.0, 2.0]), [0.0, 0.0]);
    }
}
