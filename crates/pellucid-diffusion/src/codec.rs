//! Transparency in latents: decoding layers, and encoding them.

use std::sync::Arc;

use candle_core::Tensor;
use pellucid_nets::layer_diffuse::{
    Backing, DecoderTiling, LayerPicture, OffsetEncoder, TransparentDecoder, View, layer_signal,
    median_of_views, pad_colour,
};
use pellucid_nets::vae::{Posterior, crop_to_multiple};
use pellucid_pixel::{Alpha, Image};
use pellucid_value::{Latent, LayerCodec, Vae, WeightFile};

use crate::array::{alpha_of, colour_of, finite, latent_of, layer_of, numbers, rows_of};
use crate::error::unfit;
use crate::facts::loaded_bytes;
use crate::files::open;
use crate::{Computing, DiffusionError, TiledSize, vae};

/// How layers are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoding {
    /// How many of the eight views the lower median is taken over: 1, 2, 4 or 8.
    pub views: usize,
    /// How large tiles are, for pictures that do not fit memory whole; rounded to what the decoder can divide.
    pub tiled: Option<TiledSize>,
}

/// One tile of one view of one layer.
#[derive(Clone, Copy)]
pub struct LayerStep<'a> {
    /// Tiles done before this one.
    pub done: u64,
    /// Tiles of all views of all layers.
    pub total: u64,
    /// Right after the first view of the first layer, what it gave, and height and width of the layer.
    first: Option<(&'a Tensor, [usize; 2])>,
}

impl LayerStep<'_> {
    /// Makes the first layer as its first view has it, right after that: what the median will be like.
    pub fn preview(&self) -> Option<impl FnOnce() -> Result<Image, DiffusionError>> {
        let (layer, [height, width]) = self.first?;
        Some(move || {
            let layer = layer.narrow(2, 0, height)?.narrow(3, 0, width)?.clamp(0f32, 1f32)?;
            layer_of(&layer.contiguous()?)
        })
    }
}

/// The layers in decoded pictures and their latents, with straight alpha.
///
/// `pictures` are the latents' rows, decoded. `observe` is told of every tile of every view and may end the work.
///
/// # Errors
/// When the codec has no decoder, sizes do not fit, or a network cannot be loaded or run.
pub fn decode_layers(
    computing: &Computing,
    codec: &LayerCodec,
    latent: &Latent,
    pictures: &Image,
    decoding: Decoding,
    observe: &mut dyn FnMut(&LayerStep) -> Result<(), DiffusionError>,
) -> Result<Image, DiffusionError> {
    let Some(file) = &codec.decoder else { return unfit("this codec does not decode") };
    let decoder = decoder(computing, file)?;
    let (rows, pictures) = (rows_of(latent)?, colour_of(pictures)?);
    let (count, _, height, width) = pictures.dims4()?;
    let (_, _, latent_height, latent_width) = rows.dims4()?;
    if rows.dim(0)? != count || (8 * latent_height, 8 * latent_width) != (height, width) {
        return unfit(format!(
            "{count} pictures of {width}x{height} for {} latents of {latent_width}x{latent_height}",
            rows.dim(0)?
        ));
    }
    let views = chosen_views(decoding.views);
    let unit = decoder.unit();
    let tiling = decoding.tiled.map_or(WHOLE, |TiledSize { tile, overlap }| {
        DecoderTiling::from_pixels(tile as usize, overlap as usize, unit)
    });
    let tiles = tiling.count(height, width, unit)?;
    let (mut done, total) = (0, (count * views.len() * tiles) as u64);
    let mut first: Option<Tensor> = None;
    let mut forward = |picture: &Tensor, latent: &Tensor| -> Result<Tensor, DiffusionError> {
        let layer = decoder.forward_tiled(picture, latent, tiling, &mut || {
            let seen = first.take();
            let first = seen.as_ref().map(|layer| (layer, [height, width]));
            observe(&LayerStep { done, total, first })?;
            done += 1;
            Ok::<_, DiffusionError>(())
        })?;
        finite(&layer, "the transparency decoder", [file])?;
        first = (done == tiles as u64).then(|| layer.clone());
        Ok(layer)
    };
    let mut layers = Vec::with_capacity(count);
    for row in 0..count {
        let (picture, latent) = (pictures.narrow(0, row, 1)?, rows.narrow(0, row, 1)?);
        layers.push(median_of_views(&views, decoder.unit(), &picture, &latent, &mut forward)?);
    }
    layer_of(&Tensor::cat(&layers, 0)?)
}

/// A tile that any picture fits.
const WHOLE: DecoderTiling = DecoderTiling { tile: usize::MAX, overlap: 0 };

/// Evenly chosen among the eight, so that turns come before mirror images.
fn chosen_views(count: usize) -> Vec<View> {
    let all = View::all();
    match count {
        0 | 1 => all[..1].to_vec(),
        2 | 3 => vec![all[0], all[2]],
        4..8 => all[..4].to_vec(),
        _ => all.to_vec(),
    }
}

/// The latents that carry layers with their transparency: the posterior's mean of what the
/// autoencoder sees on grey, moved by the encoder's offset times the deviation.
///
/// Edges are cut to whole latent elements. `step` is told how many layers are done.
///
/// # Errors
/// When the codec has no encoder, or a network cannot be loaded or run.
pub fn encode_layers(
    computing: &Computing,
    codec: &LayerCodec,
    vae: &Vae,
    layers: &Image,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Latent, DiffusionError> {
    let mut rows = Vec::new();
    for_each_layer(computing, codec, vae, layers, step, &mut |posterior, offset| {
        rows.push(posterior.sample(offset)?);
        Ok(())
    })?;
    latent_of(&Tensor::cat(&rows, 0)?, 1)
}

/// Encodes layers one by one: gives what the autoencoder makes of each on grey, and the encoder's
/// offset, scaled.
fn for_each_layer(
    computing: &Computing,
    codec: &LayerCodec,
    vae: &Vae,
    layers: &Image,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
    found: &mut dyn FnMut(&Posterior, &Tensor) -> Result<(), DiffusionError>,
) -> Result<(), DiffusionError> {
    let Some(file) = &codec.encoder else { return unfit("this codec does not encode") };
    if layers.fact.alpha == Alpha::Premultiplied {
        return unfit("layers are encoded from straight alpha");
    }
    let encoder = encoder(computing, file)?;
    let network = vae::network(computing, vae)?;
    let unit = vae.fact.pixels.max(1) as usize;
    let colour = crop_to_multiple(&colour_of(layers)?, unit)?;
    let alpha = crop_to_multiple(&alpha_of(layers)?, unit)?;
    let count = colour.dim(0)?;
    for row in 0..count {
        step(row as u64, count as u64)?;
        let layer = LayerPicture {
            colour: colour.narrow(0, row, 1)?.contiguous()?,
            alpha: alpha.narrow(0, row, 1)?.contiguous()?,
        };
        let signal = layer_signal(&layer, Backing::Zero)?;
        let posterior = network.encode_signal(&signal)?;
        finite(&posterior.mean, vae::ENCODER, vae.files.iter())?;
        let padded = pad_colour(&layer)?;
        let offset = encoder.forward(&Tensor::cat(&[&layer.alpha, &padded], 1)?)?;
        finite(&offset, "the transparency encoder", [file])?;
        found(&posterior, &(offset * codec.offset_scale)?)?;
    }
    Ok(())
}

/// How far two decoded signals, each from -1 to 1, are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Harm {
    /// The mean square of differences.
    pub mse: f64,
    /// The largest difference.
    pub max: f64,
}

impl Harm {
    /// The ratio of the signal's peak to the difference, in dB; at most 200.
    pub fn psnr(&self) -> f64 {
        const MOST: f64 = 200.0;
        if self.mse > 0.0 { (10.0 * (4.0 / self.mse).log10()).min(MOST) } else { MOST }
    }
}

/// For every layer, what hiding its transparency does to what the frozen autoencoder decodes: the
/// adjusted latent against the one without the offset.
///
/// # Errors
/// As [`encode_layers`].
pub fn harmlessness(
    computing: &Computing,
    codec: &LayerCodec,
    vae: &Vae,
    layers: &Image,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Vec<Harm>, DiffusionError> {
    let network = vae::network(computing, vae)?;
    let mut harms = Vec::new();
    for_each_layer(computing, codec, vae, layers, step, &mut |posterior, offset| {
        let a = numbers(&network.decode_signal(&posterior.sample(offset)?)?)?;
        let b = numbers(&network.decode_signal(&posterior.mean)?)?;
        let apart = a.iter().zip(&b).map(|(a, b)| f64::from((a - b).abs()));
        let (mut sum, mut max) = (0.0, 0.0f64);
        for difference in apart {
            sum += difference * difference;
            max = max.max(difference);
        }
        harms.push(Harm { mse: sum / a.len().max(1) as f64, max });
        Ok(())
    })?;
    Ok(harms)
}

fn decoder(
    computing: &Computing,
    file: &WeightFile,
) -> Result<Arc<TransparentDecoder>, DiffusionError> {
    let name = computing.name("transparent decoder", file);
    let weights = open(file)?;
    computing.residents.get(&name, loaded_bytes(&weights), || {
        Ok(TransparentDecoder::load(&weights, computing.dtype, &computing.device)?)
    })
}

fn encoder(computing: &Computing, file: &WeightFile) -> Result<Arc<OffsetEncoder>, DiffusionError> {
    let name = computing.name("transparent encoder", file);
    let weights = open(file)?;
    computing.residents.get(&name, loaded_bytes(&weights), || {
        Ok(OffsetEncoder::load(&weights, computing.dtype, &computing.device)?)
    })
}
