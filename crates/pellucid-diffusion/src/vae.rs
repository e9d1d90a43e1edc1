//! Between pictures and latents.

use std::sync::Arc;

use candle_core::Tensor;
use pellucid_nets::noise::{Generator, initial_noise};
use pellucid_nets::vae::{
    Tile, Tiling, Vae as Network, crop_to_multiple, decode_tiled, encode_tiled,
};
use pellucid_nets::weights::Weights;
use pellucid_pixel::Image;
use pellucid_value::{Latent, Vae};

use crate::array::{colour_of, finite, image_of, latent_of, rows_of};
use crate::error::unfit;
use crate::files::networks;
use crate::{Computing, DiffusionError};

/// How large tiles are, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TiledSize {
    /// Side of a tile.
    pub tile: u32,
    /// How far tiles overlap.
    pub overlap: u32,
}

/// The autoencoder in errors about what it gave.
const DECODER: &str = "decoding with the autoencoder";
pub(crate) const ENCODER: &str = "encoding with the autoencoder";

/// The network of an autoencoder.
pub(crate) fn network(computing: &Computing, vae: &Vae) -> Result<Arc<Network>, DiffusionError> {
    let name = computing.name("vae", &vae.files);
    computing.residents.get(&name, vae.fact.bytes, || {
        let networks = networks(&vae.files)?;
        let (Some(weights), Some(config)) = (networks.parts.vae, networks.vae) else {
            return unfit("these files hold no autoencoder");
        };
        Ok(Network::load(&weights, &config, computing.dtype, &computing.device)?)
    })
}

/// The pictures of latents, one per frame of every item, opaque, 0 to 1.
///
/// `step` is told how many pictures are done and may end the work.
///
/// # Errors
/// When the network cannot be loaded or run.
pub fn decode_latent(
    computing: &Computing,
    vae: &Vae,
    latent: &Latent,
    tiled: Option<TiledSize>,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Image, DiffusionError> {
    image_of(&decode_rows(computing, vae, &rows_of(latent)?, tiled, step)?)
}

/// As [`decode_latent`], from rows to `[rows, 3, 8h, 8w]`.
pub(crate) fn decode_rows(
    computing: &Computing,
    vae: &Vae,
    rows: &Tensor,
    tiled: Option<TiledSize>,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Tensor, DiffusionError> {
    let network = network(computing, vae)?;
    let count = rows.dim(0)?;
    let mut pictures = Vec::with_capacity(count);
    for row in 0..count {
        step(row as u64, count as u64)?;
        let row = rows.narrow(0, row, 1)?;
        let picture = match tiled {
            None => network.decode(&row)?,
            Some(TiledSize { tile, overlap }) => {
                let unit = vae.fact.pixels.max(1) as usize;
                let tiling = Tiling::from_pixels(tile as usize, overlap as usize, unit);
                decode_tiled(&network, &row, tiling)?
            }
        };
        finite(&picture, DECODER, vae.files.iter())?;
        pictures.push(picture);
    }
    Ok(Tensor::cat(&pictures, 0)?)
}

/// The latents of pictures; their alpha does not count. Edges are cut to whole latent elements.
///
/// The posterior's mean, or with a seed a fair sample of it.
///
/// # Errors
/// When the network cannot be loaded or run.
pub fn encode_image(
    computing: &Computing,
    vae: &Vae,
    image: &Image,
    tiled: Option<TiledSize>,
    seed: Option<u64>,
    step: &mut dyn FnMut(u64, u64) -> Result<(), DiffusionError>,
) -> Result<Latent, DiffusionError> {
    let network = network(computing, vae)?;
    let pictures = colour_of(image)?;
    let pictures = crop_to_multiple(&pictures, vae.fact.pixels.max(1) as usize)?;
    let count = pictures.dim(0)?;
    let mut rows = Vec::with_capacity(count);
    let mut stream = seed.map(Generator::seeded);
    for row in 0..count {
        step(row as u64, count as u64)?;
        let picture = pictures.narrow(0, row, 1)?;
        let posterior = match tiled {
            None => network.encode(&picture)?,
            Some(TiledSize { tile, overlap }) => {
                let unit = vae.fact.pixels.max(1);
                let side = (tile / unit) as usize;
                let tile = Tile { width: side, height: side };
                let tiling = Tiling { tile, overlap: (overlap / unit) as usize };
                encode_tiled(&network, &picture, tiling)?
            }
        };
        finite(&posterior.mean, ENCODER, vae.files.iter())?;
        rows.push(match &mut stream {
            None => posterior.mean,
            Some(stream) => {
                let noise = initial_noise(stream, posterior.mean.dims(), None)?;
                posterior.sample(&noise)?
            }
        });
    }
    latent_of(&Tensor::cat(&rows, 0)?, 1)
}

/// The latents in a file of this program or of ComfyUI; `name` stands for the file in errors.
///
/// Files of before 2023 hold them scaled for SD1.5, which the lack of a mark says.
///
/// # Errors
/// When the bytes are no such file.
pub fn read_latent(name: &str, bytes: Vec<u8>) -> Result<Latent, DiffusionError> {
    const OLD_SCALE: f64 = 0.18215;
    let weights = Weights::from_bytes(std::path::Path::new(name), bytes)?;
    if !weights.has("latent_tensor") {
        return unfit(format!("`{name}` holds no `latent_tensor`"));
    }
    let mut rows = weights.plain("latent_tensor")?;
    if rows.rank() != 4 || rows.elem_count() == 0 {
        return unfit(format!("`{name}` holds latents of shape {:?}", rows.dims()));
    }
    if !weights.has("latent_format_version_0") {
        rows = (rows / OLD_SCALE)?;
    }
    let about = weights.metadata().get("pellucid").and_then(|text| {
        serde_json::from_str::<serde_json::Value>(text).ok()?.get("frames")?.as_u64()
    });
    let frames = about.and_then(|frames| usize::try_from(frames).ok()).unwrap_or(1).max(1);
    if rows.dim(0)? % frames != 0 {
        return unfit(format!("`{name}` holds {} latents of {frames} frames", rows.dim(0)?));
    }
    latent_of(&rows, frames)
}
