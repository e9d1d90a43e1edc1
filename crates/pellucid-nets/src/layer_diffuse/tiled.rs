//! Looking at a picture in overlapping tiles, for pictures whose features do not fit memory whole.

use candle_core::{Device, Tensor};

use super::decoder::TransparentDecoder;
use crate::blocks::NetworkError;
use crate::tiles::{Canvas, spans};

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
        let along = |side: usize| spans(side.div_ceil(unit), self.tile, self.overlap);
        Ok(along(height)?.len() * along(width)?.len())
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
        let rows = spans(height / unit, tiling.tile, tiling.overlap)?;
        let columns = spans(width / unit, tiling.tile, tiling.overlap)?;
        if rows.len() * columns.len() == 1 {
            step()?;
            return Ok(self.forward(picture, latent)?);
        }
        let mut canvas = Canvas::new(4, height, width);
        for &row in &rows {
            for &column in &columns {
                step()?;
                let seen = cut(picture, row, column, unit)?;
                let layer = self.forward(&seen, &cut(latent, row, column, unit / 8)?)?;
                let layer = layer.to_device(&Device::Cpu).map_err(NetworkError::from)?;
                canvas.add(&layer, unit * row.0, unit * column.0, unit * tiling.overlap)?;
            }
        }
        Ok(canvas.finish()?)
    }
}

fn cut(
    x: &Tensor,
    (top, tall): (usize, usize),
    (left, wide): (usize, usize),
    unit: usize,
) -> Result<Tensor, NetworkError> {
    let rows = x.narrow(2, unit * top, unit * tall)?;
    Ok(rows.narrow(3, unit * left, unit * wide)?.contiguous()?)
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
