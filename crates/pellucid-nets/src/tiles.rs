//! Overlapping tiles: where they lie, and how they are blended.
//!
//! Tiles are blended by masks that fall off linearly towards their edges, those at the edge of the picture included,
//! which dividing by the sum of masks undoes.

use candle_core::{Device, Tensor};

use crate::blocks::{NetworkError, input_error};

/// Start and length along one axis.
pub(crate) type Span = (usize, usize);

/// The tiles that a picture is cut into.
pub(crate) struct Grid {
    size: [usize; 2],
    rows: Vec<Span>,
    columns: Vec<Span>,
    overlap: usize,
}

impl Grid {
    /// Tiles of at most so many elements down and across, which overlap by `overlap`.
    ///
    /// # Errors
    /// When tiles are no larger than their overlap, and there is more than one.
    pub(crate) fn new(
        size: [usize; 2],
        tile: [usize; 2],
        overlap: usize,
    ) -> Result<Self, NetworkError> {
        let rows = spans(size[0], tile[0], overlap)?;
        Ok(Self { size, rows, columns: spans(size[1], tile[1], overlap)?, overlap })
    }

    /// How many tiles there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// What `tile` makes of the rows and columns of every tile, `[1, channels, h, w]` with `unit` elements a side for each
    /// of theirs, blended on the CPU; of a single tile, what it makes as it is.
    pub(crate) fn blended<E: From<NetworkError>>(
        &self,
        channels: usize,
        unit: usize,
        tile: &mut dyn FnMut(Span, Span) -> Result<Tensor, E>,
    ) -> Result<Tensor, E> {
        if let ([rows], [columns]) = (&*self.rows, &*self.columns) {
            return tile(*rows, *columns);
        }
        let mut canvas = Canvas::new(channels, unit * self.size[0], unit * self.size[1]);
        for &rows in &self.rows {
            for &columns in &self.columns {
                let made = tile(rows, columns)?.to_device(&Device::Cpu);
                let made = made.map_err(NetworkError::from)?;
                canvas.add(&made, unit * rows.0, unit * columns.0, unit * self.overlap)?;
            }
        }
        Ok(canvas.finish()?)
    }
}

/// Some rows and columns of `[b, c, h, w]`, which has `unit` elements a side for each of theirs.
pub(crate) fn cut(
    x: &Tensor,
    (top, tall): Span,
    (left, wide): Span,
    unit: usize,
) -> Result<Tensor, NetworkError> {
    let rows = x.narrow(2, unit * top, unit * tall)?;
    Ok(rows.narrow(3, unit * left, unit * wide)?.contiguous()?)
}

/// Start and length of the tiles along one axis.
fn spans(size: usize, tile: usize, overlap: usize) -> Result<Vec<Span>, NetworkError> {
    if size <= tile {
        return Ok(vec![(0, size)]);
    }
    if tile <= overlap {
        return input_error(format!(
            "tiles of {tile} elements cannot overlap by {overlap}: half a tile must be more"
        ));
    }
    let starts = (0..size - overlap).step_by(tile - overlap);
    Ok(starts.map(|start| (start, tile.min(size - start))).collect())
}

/// Sums of masked tiles and of masks.
struct Canvas {
    channels: usize,
    height: usize,
    width: usize,
    /// The channels, one after the other.
    sum: Vec<f32>,
    weight: Vec<f32>,
}

impl Canvas {
    /// Nothing yet.
    fn new(channels: usize, height: usize, width: usize) -> Self {
        let pixels = height * width;
        let (sum, weight) = (vec![0.0; channels * pixels], vec![0.0; pixels]);
        Self { channels, height, width, sum, weight }
    }

    /// Adds a tile `[1, c, h, w]` at its place, falling off over `feather` pixels.
    fn add(
        &mut self,
        tile: &Tensor,
        top: usize,
        left: usize,
        feather: usize,
    ) -> Result<(), NetworkError> {
        let (_, _, height, width) = tile.dims4()?;
        let values = tile.flatten_all()?.to_vec1::<f32>()?;
        let (down, across) = (falloff(height, feather), falloff(width, feather));
        for (y, &row_weight) in down.iter().enumerate() {
            for (x, &column_weight) in across.iter().enumerate() {
                let mask = row_weight * column_weight;
                let place = (top + y) * self.width + left + x;
                self.weight[place] += mask;
                for channel in 0..self.channels {
                    let value = values[(channel * height + y) * width + x];
                    self.sum[channel * self.height * self.width + place] += value * mask;
                }
            }
        }
        Ok(())
    }

    /// The picture `[1, c, h, w]`.
    fn finish(self) -> Result<Tensor, NetworkError> {
        let weights = self.weight.iter().cycle();
        let picture: Vec<f32> = self.sum.iter().zip(weights).map(|(sum, w)| sum / w).collect();
        let shape = (1, self.channels, self.height, self.width);
        Ok(Tensor::from_vec(picture, shape, &Device::Cpu)?)
    }
}

/// The mask along one axis: rising over `feather` pixels from both ends; flat if it does not fit.
fn falloff(size: usize, feather: usize) -> Vec<f32> {
    let mut mask = vec![1f32; size];
    if feather < size {
        for step in 0..feather {
            let factor = (step + 1) as f32 / feather as f32;
            mask[step] *= factor;
            mask[size - 1 - step] *= factor;
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_axis_and_end_with_it() {
        assert_eq!(spans(20, 8, 2).unwrap(), [(0, 8), (6, 8), (12, 8)]);
        assert_eq!(spans(9, 8, 3).unwrap(), [(0, 8), (5, 4)]);
        assert_eq!(spans(8, 8, 3).unwrap(), [(0, 8)]);
        for (size, tile, overlap) in [(100, 7, 3), (31, 2, 1), (65, 64, 16)] {
            let spans = spans(size, tile, overlap).unwrap();
            assert!(spans.windows(2).all(|pair| pair[1].0 <= pair[0].0 + pair[0].1));
            assert_eq!(spans.iter().map(|(start, length)| start + length).max(), Some(size));
        }
    }

    #[test]
    fn a_tile_no_larger_than_its_overlap_is_refused() {
        assert!(spans(20, 4, 4).is_err());
        assert!(spans(20, 0, 0).is_err());
    }
}
