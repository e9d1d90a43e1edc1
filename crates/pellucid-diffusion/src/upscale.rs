//! Pictures made larger by a network.

use std::sync::Arc;

use candle_core::Tensor;
use pellucid_nets::checkpoint::{FileKind, UpscalerConfig};
use pellucid_nets::upscale::Upscaler;
use pellucid_pixel::{Alpha, Image};
use pellucid_value::WeightFile;

use crate::array::{alpha_of, colour_of, finite, image_of, layer_of};
use crate::error::unfit;
use crate::facts::loaded_bytes;
use crate::files::{inspection, kind_name, open, refuse_missing};
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
    let config = config(file)?;
    let bytes = loaded_bytes(&open(file)?);
    Ok(UpscalerFact { scale: config.scale() as u32, width: config.width as u32, bytes })
}

/// The pictures, larger, held to 0..1. The alpha of straight pictures goes through the network too, as a picture in
/// grey, so that its edges are as sharp as those of colours.
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
    let mut scaled = |pictures: &Tensor| -> Result<Tensor, DiffusionError> {
        let (tile, overlap) = (tiled.tile as usize, tiled.overlap as usize);
        let scaled = network.forward_tiled(pictures, tile, overlap, step)?;
        finite(&scaled, "the upscaling network", [file])?;
        Ok(scaled.clamp(0f32, 1f32)?)
    };
    let colour = scaled(&colour_of(image)?)?;
    if image.fact.alpha == Alpha::Opaque {
        return image_of(&colour);
    }
    let alpha = alpha_of(image)?;
    let alpha = scaled(&Tensor::cat(&[&alpha, &alpha, &alpha], 1)?)?.mean_keepdim(1)?;
    layer_of(&Tensor::cat(&[alpha, colour], 1)?)
}

fn config(file: &WeightFile) -> Result<UpscalerConfig, DiffusionError> {
    let found = inspection(file)?;
    refuse_missing(&file.name, &found.missing)?;
    match found.kind {
        FileKind::Upscaler(config) => Ok(config),
        other => unfit(format!(
            "`{}` is {}, not an upscaling network of the kind that is known (RRDBNet)",
            file.name,
            kind_name(&other)
        )),
    }
}

fn network(computing: &Computing, file: &WeightFile) -> Result<Arc<Upscaler>, DiffusionError> {
    let weights = open(file)?;
    computing.residents.get(&computing.name("upscaler", file), loaded_bytes(&weights), || {
        Ok(Upscaler::load(&weights, &config(file)?, computing.dtype, &computing.device)?)
    })
}
