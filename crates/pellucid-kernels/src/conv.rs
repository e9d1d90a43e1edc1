//! Two-dimensional cross-correlation with zero padding.

mod direct;
mod gradient;
pub mod reference;
mod transform;
mod winograd;

use crate::numbers::Numbers;

pub use gradient::{input_gradient, weight_gradient};

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Pictures.
    pub batch: usize,
    /// Channels that are read.
    pub input: usize,
    /// Channels that are written.
    pub output: usize,
    /// Rows that are read.
    pub height: usize,
    /// Columns that are read.
    pub width: usize,
    /// Rows of the kernel.
    pub kernel_height: usize,
    /// Columns of the kernel.
    pub kernel_width: usize,
    /// Step between outputs, in pixels.
    pub stride: usize,
    /// Zeros added on each side, in pixels.
    pub padding: usize,
}

impl Geometry {
    /// Rows that are written; `None` if the padded picture is smaller than the kernel or the stride is 0.
    pub fn output_height(&self) -> Option<usize> {
        self.steps(self.height, self.kernel_height)
    }

    /// Columns that are written; `None` if the padded picture is smaller than the kernel or the stride is 0.
    pub fn output_width(&self) -> Option<usize> {
        self.steps(self.width, self.kernel_width)
    }

    /// Taps of the kernel.
    pub(crate) fn taps(&self) -> usize {
        self.kernel_height * self.kernel_width
    }

    fn steps(&self, size: usize, kernel: usize) -> Option<usize> {
        let room = (size + 2 * self.padding).checked_sub(kernel)?;
        room.checked_div(self.stride).map(|steps| steps + 1)
    }
}

/// Tiles of a picture below which the transforms of Winograd's method cost more than they save.
const FEWEST_TILES: usize = 16;
/// Channels below which they do.
const FEWEST_CHANNELS: usize = 8;

/// Correlates `source` `[batch, input, height, width]` with `weight` `[output, input, kernel height, kernel
/// width]`, adds `bias`, `[output]` or `[batch, output]`, and gives `[batch, output, height', width']`.
///
/// 3×3 kernels with stride 1 are computed by Winograd's method on 4×4 tiles, whose rounding errors are about
/// those of a plain f32 sum; everything else by packed panels of pixels. Which of the two depends on the sizes
/// of one picture, never on the batch.
///
/// # Panics
///
/// If a slice does not have the length the geometry says or the picture is smaller than the kernel.
pub fn convolve(geometry: Geometry, source: &[f32], weight: Numbers<'_>, bias: &[f32]) -> Vec<f32> {
    let (rows, columns) = output_size(geometry);
    assert_eq!(source.len(), geometry.batch * geometry.input * geometry.height * geometry.width);
    assert_eq!(weight.len(), geometry.output * geometry.input * geometry.taps());
    assert!([geometry.output, geometry.batch * geometry.output].contains(&bias.len()));
    let mut target = vec![0.0; geometry.batch * geometry.output * rows * columns];
    let channels = geometry.input.min(geometry.output);
    let tiles = rows.div_ceil(transform::TILE) * columns.div_ceil(transform::TILE);
    let three = (geometry.kernel_height, geometry.kernel_width, geometry.stride) == (3, 3, 1)
        && geometry.padding <= 2;
    if target.is_empty() || geometry.input == 0 {
        fill_with_bias(bias, rows * columns, &mut target);
    } else if three && channels >= FEWEST_CHANNELS && tiles >= FEWEST_TILES {
        winograd::convolve(geometry, source, weight, bias, &mut target);
    } else {
        direct::convolve(geometry, source, weight, bias, &mut target);
    }
    target
}

fn output_size(geometry: Geometry) -> (usize, usize) {
    let size = geometry.output_height().zip(geometry.output_width());
    size.expect("the caller checked that the kernel fits the picture")
}

fn fill_with_bias(bias: &[f32], pixels: usize, target: &mut [f32]) {
    if pixels > 0 {
        for (plane, bias) in target.chunks_exact_mut(pixels).zip(bias.iter().cycle()) {
            plane.fill(*bias);
        }
    }
}

#[cfg(test)]
mod tests;
