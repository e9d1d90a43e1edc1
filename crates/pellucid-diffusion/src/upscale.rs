//! Pictures made larger by a network.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use pellucid_nets::checkpoint::{FileKind, UpscalerConfig, inspect, upscaler_layout};
use pellucid_nets::upscale::Upscaler;
use pellucid_nets::weights::Weights;
use pellucid_pixel::morphology::{Neighbourhood, Outside, Shape, dilate, erode};
use pellucid_pixel::{Alpha, Encoding, Image, Matte, MatteFact};
use pellucid_value::WeightFile;

use crate::array::{alpha_of, colour_of, finite, image_of, layer_of, numbers};
use crate::error::unfit;
use crate::facts::loaded_bytes;
use crate::files::{kind_name, open, refuse_unsound};
use crate::{Computing, DiffusionError, TiledSize};

/// What is known of an upscaling network before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpscalerFact {
    /// By how much sides grow.
    pub scale: u32,
    /// Channels of what it computes between blocks, at the picture's size.
    pub width: u32,
    /// Bytes of its weights in memory.
    pub bytes: u64,
}

/// What the network in a file is.
///
/// # Errors
/// When the file holds none, is not complete, or damaged.
pub fn upscaler_fact(file: &WeightFile) -> Result<UpscalerFact, DiffusionError> {
    let weights = open(file)?;
    let config = config(file, &weights)?;
    let bytes = loaded_bytes(&weights);
    Ok(UpscalerFact { scale: config.scale() as u32, width: config.width as u32, bytes })
}

/// The pictures, larger, sRGB-encoded and held to 0..1. The alpha of straight pictures goes through the network too, as
/// a picture in grey, so that its edges are as sharp as those of colours; what is clear all around stays clear, and what
/// is solid solid.
///
/// `step` is told how many tiles are done and may end the work.
///
/// # Errors
/// When the picture is premultiplied, or the network cannot be loaded or run.
pub fn upscale(
    computing: &Computing,
    file: &WeightFile,
    image: &Image,
    tiled: TiledSize,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Image, DiffusionError> {
    if image.fact.alpha == Alpha::Premultiplied {
        return unfit("pictures are made larger from straight alpha");
    }
    let network = network(computing, file)?;
    let colour = colour_of(&image.encoded(Encoding::Srgb))?;
    let straight = image.fact.alpha == Alpha::Straight;
    let alpha = alpha_of(image)?;
    let pictures = if straight {
        Tensor::cat(&[&colour, &Tensor::cat(&[&alpha, &alpha, &alpha], 1)?], 0)?
    } else {
        colour
    };
    let (tile, overlap) = (tiled.tile as usize, tiled.overlap as usize);
    let scaled = network.forward_tiled(&pictures, tile, overlap, step)?;
    finite(&scaled, "the upscaling network", [file])?;
    let scaled = scaled.clamp(0f32, 1f32)?;
    if !straight {
        return image_of(&scaled);
    }
    let count = image.fact.batch as usize;
    let grey = scaled.narrow(0, count, count)?.mean_keepdim(1)?;
    let grey = settled(&alpha, &grey, network.config.scale())?;
    layer_of(&Tensor::cat(&[grey, scaled.narrow(0, 0, count)?], 1)?)
}

/// Larger alpha with exact 0 and 1 where the pixel it comes from and the eight around that are all 0, or all 1: a
/// network leaves a little of everything everywhere.
fn settled(alpha: &Tensor, larger: &Tensor, scale: usize) -> Result<Tensor, DiffusionError> {
    let (batch, _, height, width) = alpha.dims4()?;
    let fact = MatteFact { batch: batch as u32, ..MatteFact::new(width as u32, height as u32) };
    let alpha = Matte::new(fact, numbers(alpha)?);
    let around = Neighbourhood { shape: Shape::Square, radius: 1.0, outside: Outside::Ignored };
    let (least, most) = (erode(&alpha, around), dilate(&alpha, around));
    let mut settled = numbers(larger)?;
    for (place, value) in settled.iter_mut().enumerate() {
        // Rows of all frames follow each other.
        let (row, column) = (place / (scale * width), place % (scale * width));
        let from = row / scale * width + column / scale;
        let (least, most) = (least.values[from], most.values[from]);
        if least == most && (most == 0.0 || most == 1.0) {
            *value = most;
        }
    }
    Ok(Tensor::from_vec(settled, larger.shape(), &Device::Cpu)?)
}

fn config(file: &WeightFile, weights: &Weights) -> Result<UpscalerConfig, DiffusionError> {
    let found = inspect(&weights.shapes());
    let FileKind::Upscaler(config) = &found.kind else {
        return unfit(format!(
            "`{}` is {}, not an upscaling network of the kind that is known (RRDBNet)",
            file.name,
            kind_name(&found.kind)
        ));
    };
    // Files of trainers hold a second copy, under another prefix.
    refuse_unsound(&file.name, weights, &found, &config.prefix, &upscaler_layout(config))?;
    Ok(config.clone())
}

fn network(computing: &Computing, file: &WeightFile) -> Result<Arc<Upscaler>, DiffusionError> {
    let weights = open(file)?;
    computing.residents.get(&computing.name("upscaler", file), loaded_bytes(&weights), || {
        let config = config(file, &weights)?;
        Ok(Upscaler::load(&weights, &config, computing.dtype, &computing.device)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clear_or_solid_all_around_stays_so() {
        let of = |values: &[f32], side| {
            Tensor::from_slice(values, (1, 1, 1, side), &Device::Cpu).unwrap()
        };
        let alpha = of(&[0.0, 0.0, 0.0, 1.0, 1.0], 5);
        let larger = Tensor::full(0.3f32, (1, 1, 2, 10), &Device::Cpu).unwrap();
        let got = numbers(&settled(&alpha, &larger, 2).unwrap()).unwrap();
        let row = [0.0, 0.0, 0.0, 0.0, 0.3, 0.3, 0.3, 0.3, 1.0, 1.0];
        assert_eq!(got, [row, row].concat());
    }
}
