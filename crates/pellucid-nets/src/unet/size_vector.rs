//! SDXL's label vector: the pooled text and six sizes.

use candle_core::{DType, Tensor};

use crate::blocks::{NetworkError, input_error, sinusoids};

/// Numbers per size in the vector.
pub const SIZE_WIDTH: usize = 256;

/// The sizes SDXL is told, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeConditioning {
    /// Height of the picture the training crop would be cut from.
    pub height: u32,
    /// Width of the picture the training crop would be cut from.
    pub width: u32,
    /// Top of the crop.
    pub crop_top: u32,
    /// Left of the crop.
    pub crop_left: u32,
    /// Height of the crop.
    pub target_height: u32,
    /// Width of the crop.
    pub target_width: u32,
}

impl SizeConditioning {
    /// An uncropped picture of that size.
    pub fn whole(width: u32, height: u32) -> Self {
        Self {
            height,
            width,
            crop_top: 0,
            crop_left: 0,
            target_height: height,
            target_width: width,
        }
    }
}

/// `[pooled | height | width | crop top | crop left | target height | target width]`, a row per row of
/// `pooled` `[b, n]`; each size becomes [`SIZE_WIDTH`] sinusoids of the plain number. f32.
pub fn size_vector(pooled: &Tensor, size: &SizeConditioning) -> Result<Tensor, NetworkError> {
    let (rows, _) = pooled.dims2()?;
    if rows == 0 {
        return input_error("the pooled text has no rows");
    }
    let numbers = [
        size.height,
        size.width,
        size.crop_top,
        size.crop_left,
        size.target_height,
        size.target_width,
    ]
    .map(|number| number as f32);
    let sizes = sinusoids(&numbers, SIZE_WIDTH, pooled.device())?;
    let sizes = sizes.reshape((1, numbers.len() * SIZE_WIDTH))?;
    let sizes = sizes.broadcast_as((rows, numbers.len() * SIZE_WIDTH))?;
    Ok(Tensor::cat(&[&pooled.to_dtype(DType::F32)?, &sizes.contiguous()?], 1)?)
}
