//! Looking at a picture in overlapping tiles, for pictures whose features do not fit memory whole.

use candle_core::Tensor;

use super::decoder::TransparentDecoder;
use crate::blocks::NetworkError;
use crate::tiles::{Grid, cut};

/// How a picture is cut into tiles, in the decoder's units ([`TransparentDecoder::unit`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderTiling {
    /// Side of the largest tile.
    pub tile: usize,
    /// By how much neighbours overlap.
    pub overlap: usize,
}

impl DecoderTiling {
    /// From sizes in pixels: a tile of at least two units, which neighbours overlap by one at least and by half of it
    /// at most.
    pub fn from_pixels(tile: usize, overlap: usize, unit: usize) -> Self {
        let tile = (tile / unit).max(2);
        Self { tile, overlap: overlap.div_ceil(unit).clamp(1, tile / 2) }
    }

    /// How many tiles a picture is cut into, whose sides are filled up to whole units.
    ///
    /// # Errors
    /// When tiles are no larger than their overlap.
    pub fn count(self, height: usize, width: usize, unit: usize) -> Result<usize, NetworkError> {
        Ok(self.grid(height.div_ceil(unit), width.div_ceil(unit))?.count())
    }

    fn grid(self, height: usize, width: usize) -> Result<Grid, NetworkError> {
        Grid::new([height, width], [self.tile; 2], self.overlap)
    }
}

impl TransparentDecoder {
    /// As [`TransparentDecoder::forward`] of one picture, in tiles that are blended where they overlap; norms and
    /// attentions see a tile at a time, so the result is not that of the whole picture. A picture that fits one tile
    /// is done whole. `step` is called before every tile and may end the work.
    ///
    /// # Errors
    /// When sizes do not fit, the network cannot be run, or `step` ends the work.
    pub fn forward_tiled<E: From<NetworkError>>(
        &self,
        picture: &Tensor,
        latent: &Tensor,
        tiling: DecoderTiling,
        step: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Tensor, E> {
        self.check(picture, latent)?;
        let unit = self.unit();
        let (_, _, height, width) = picture.dims4().map_err(NetworkError::from)?;
        let grid = tiling.grid(height / unit, width / unit)?;
        grid.blended(4, unit, &mut |rows, columns| {
            step()?;
            let seen = cut(picture, rows, columns, unit)?;
            Ok(self.forward(&seen, &cut(latent, rows, columns, unit / 8)?)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_whole_units_and_overlap() {
        let tiling = DecoderTiling::from_pixels(1000, 60, 64);
        assert_eq!(tiling, DecoderTiling { tile: 15, overlap: 1 });
        assert_eq!(tiling.count(960, 960, 64).unwrap(), 1);
        assert_eq!(tiling.count(961, 900, 64).unwrap(), 2);
        // Smaller than can be is made as small as can be.
        let tiling = DecoderTiling::from_pixels(64, 640, 64);
        assert_eq!(tiling, DecoderTiling { tile: 2, overlap: 1 });
    }
}
