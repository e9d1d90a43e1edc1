//! Decoding and encoding in overlapping tiles, for pictures that do not fit memory whole.
//!
//! The picture goes through three times, in tiles of three shapes, so that no seam is at the same place
//! twice, and the three are averaged. Inside one pass tiles are blended by masks that fall off linearly towards their
//! edges, those at the edge of the picture included, which dividing by the sum of masks undoes.

use candle_core::Tensor;

use super::framing::picture_of_signal;
use super::network::{Posterior, Vae};
use crate::blocks::NetworkError;
use crate::tiles::{Grid, cut};

/// The size of a tile, in latent elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Elements across.
    pub width: usize,
    /// Elements down.
    pub height: usize,
}

/// How a picture is cut into tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    /// The largest tile.
    pub tile: Tile,
    /// By how much neighbours overlap, in latent elements.
    pub overlap: usize,
}

impl Tiling {
    /// From sizes in pixels; an overlap of more than a quarter of the tile becomes a quarter.
    pub fn from_pixels(tile: usize, overlap: usize, pixels_per_latent: usize) -> Self {
        let overlap = if tile < 4 * overlap { tile / 4 } else { overlap };
        let side = tile / pixels_per_latent.max(1);
        Self {
            tile: Tile { width: side, height: side },
            overlap: overlap / pixels_per_latent.max(1),
        }
    }

    /// Tall, wide and plain tiles.
    fn shapes(self) -> [Tile; 3] {
        let Tile { width, height } = self.tile;
        [
            Tile { width: width / 2, height: height * 2 },
            Tile { width: width * 2, height: height / 2 },
            self.tile,
        ]
    }
}

/// Decodes a latent `[b, c, h, w]` in tiles to a picture, 0 to 1: the mean of three passes, with tiles of
/// half the width and twice the height, twice the width and half the height, and as given.
pub fn decode_tiled(vae: &Vae, latent: &Tensor, tiling: Tiling) -> Result<Tensor, NetworkError> {
    let passes = tiling.shapes().map(|tile| decode_pass(vae, latent, tile, tiling.overlap));
    let [tall, wide, plain] = passes;
    picture_of_signal(&(((tall? + wide?)? + plain?)? / 3.0)?)
}

/// Encodes a picture `[b, 3, h, w]`, 0 to 1, whose sides are multiples of the pixels of a latent element, in
/// tiles: the mean and the logarithm of the variance are means of three passes, as given, with tiles of
/// twice the width and half the height, and half the width and twice the height.
pub fn encode_tiled(
    vae: &Vae,
    picture: &Tensor,
    tiling: Tiling,
) -> Result<Posterior, NetworkError> {
    let [tall, wide, plain] =
        tiling.shapes().map(|tile| encode_pass(vae, picture, tile, tiling.overlap));
    let moments = (((plain? + wide?)? + tall?)? / 3.0)?;
    let channels = moments.dim(1)? / 2;
    Ok(Posterior {
        mean: moments.narrow(1, 0, channels)?.contiguous()?,
        log_variance: moments.narrow(1, channels, channels)?.contiguous()?,
    })
}

/// One pass over a picture: mean and logarithm of the variance, one after the other along the channels.
fn encode_pass(
    vae: &Vae,
    picture: &Tensor,
    tile: Tile,
    overlap: usize,
) -> Result<Tensor, NetworkError> {
    let (batch, _, height, width) = picture.dims4()?;
    let moments = |picture: &Tensor| -> Result<Tensor, NetworkError> {
        let Posterior { mean, log_variance } = vae.encode(picture)?;
        Ok(Tensor::cat(&[mean, log_variance], 1)?)
    };
    let unit = vae.config.pixels_per_latent();
    let grid = Grid::new([height / unit, width / unit], [tile.height, tile.width], overlap)?;
    let channels = 2 * vae.config.latent_channels;
    let mut latents = Vec::with_capacity(batch);
    for index in 0..batch {
        let picture = picture.narrow(0, index, 1)?;
        latents.push(grid.blended(channels, 1, &mut |rows, columns| {
            moments(&cut(&picture, rows, columns, unit)?)
        })?);
    }
    Ok(Tensor::cat(&latents, 0)?.to_device(picture.device())?)
}

/// One pass over a latent with tiles of one shape: a signal of about -1 to 1, f32. A picture that fits
/// one tile is decoded whole.
pub fn decode_pass(
    vae: &Vae,
    latent: &Tensor,
    tile: Tile,
    overlap: usize,
) -> Result<Tensor, NetworkError> {
    let (batch, _, height, width) = latent.dims4()?;
    let grid = Grid::new([height, width], [tile.height, tile.width], overlap)?;
    let unit = vae.config.pixels_per_latent();
    let mut pictures = Vec::with_capacity(batch);
    for index in 0..batch {
        let latent = latent.narrow(0, index, 1)?;
        pictures.push(grid.blended(3, unit, &mut |rows, columns| {
            vae.decode_signal(&cut(&latent, rows, columns, 1)?)
        })?);
    }
    Ok(Tensor::cat(&pictures, 0)?.to_device(latent.device())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_of_more_than_a_quarter_becomes_a_quarter() {
        let tiling = Tiling::from_pixels(96, 64, 8);
        assert_eq!(tiling, Tiling { tile: Tile { width: 12, height: 12 }, overlap: 3 });
    }
}
