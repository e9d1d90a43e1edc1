//! Decoding from eight sides: the median over flips and rotations steadies the estimate.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::LayerPicture;
use super::decoder::TransparentDecoder;
use crate::blocks::{NetworkError, input_error};
use crate::vae::{cut, pad_to_multiple};

/// One way to look at a picture: mirrored or not, then rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Mirror left and right first.
    pub mirrored: bool,
    /// Then turn counter-clockwise by so many right angles, 0 to 3.
    pub quarter_turns: usize,
}

impl View {
    /// All eight, in the order of the reference.
    pub fn all() -> [Self; 8] {
        std::array::from_fn(|index| Self { mirrored: index >= 4, quarter_turns: index % 4 })
    }

    /// The picture `[b, c, h, w]` as seen from here.
    pub fn of(self, picture: &Tensor) -> Result<Tensor, NetworkError> {
        let picture = if self.mirrored { picture.flip(&[3])? } else { picture.clone() };
        turned(&picture, self.quarter_turns)
    }

    /// Takes [`View::of`] back.
    pub fn undo(self, picture: &Tensor) -> Result<Tensor, NetworkError> {
        let picture = turned(picture, (4 - self.quarter_turns % 4) % 4)?;
        Ok(if self.mirrored { picture.flip(&[3])? } else { picture })
    }
}

/// The layer in a decoded picture `[b, 3, h, w]`, 0 to 1, and its unscaled latent `[b, 4, h / 8, w / 8]`:
/// the lower median of eight views, each clamped to 0 to 1. Sides that are no multiple of 64 pixels are
/// extended by repeating the border, and the result is cut.
pub fn decode_layer(
    decoder: &TransparentDecoder,
    picture: &Tensor,
    latent: &Tensor,
) -> Result<LayerPicture, NetworkError> {
    let forward = &mut |picture: &Tensor, latent: &Tensor| decoder.forward(picture, latent);
    let median = median_of_views(&View::all(), decoder.unit(), picture, latent, forward)?
        .to_device(picture.device())?;
    Ok(LayerPicture {
        alpha: median.narrow(1, 0, 1)?.contiguous()?,
        colour: median.narrow(1, 1, 3)?.contiguous()?,
    })
}

/// As [`decode_layer`], over any views and with any `forward`: the lower median of what that makes
/// of picture and latent, each clamped to 0 to 1, as `[b, channels, h, w]` in f32 on the CPU.
///
/// Borders are repeated up to multiples of `unit` pixels, and the result is cut.
///
/// # Errors
/// When the sizes do not fit, or `forward` fails.
pub fn median_of_views<E: From<NetworkError> + From<candle_core::Error>>(
    views: &[View],
    unit: usize,
    picture: &Tensor,
    latent: &Tensor,
    forward: &mut dyn FnMut(&Tensor, &Tensor) -> Result<Tensor, E>,
) -> Result<Tensor, E> {
    let (_, _, height, width) = picture.dims4()?;
    let (_, _, rows, columns) = latent.dims4()?;
    if (8 * rows, 8 * columns) != (height, width) {
        input_error::<()>(format!("a latent of {columns}x{rows} for {width}x{height} pixels"))?;
    }
    let (picture, latent) = (pad_to_multiple(picture, unit)?, pad_to_multiple(latent, unit / 8)?);
    let mut layers = Vec::with_capacity(views.len());
    for view in views {
        let layer = forward(&view.of(&picture)?, &view.of(&latent)?)?;
        layers.push(view.undo(&layer.clamp(0f32, 1f32)?)?);
    }
    Ok(cut(&lower_median(&layers)?.clamp(0f32, 1f32)?, 0, 0, height, width)?)
}

/// The lower median of each element over tensors of one shape, in f32 on the CPU: of eight values the
/// fourth smallest.
pub fn lower_median(tensors: &[Tensor]) -> Result<Tensor, NetworkError> {
    let Some(first) = tensors.first() else { return input_error("the median of nothing") };
    if let Some(other) = tensors.iter().find(|tensor| tensor.dims() != first.dims()) {
        let (a, b) = (first.dims(), other.dims());
        return input_error(format!("the median of shapes {a:?} and {b:?}"));
    }
    let mut values = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        values.push(tensor.flatten_all()?.to_vec1::<f32>()?);
    }
    let middle = (tensors.len() - 1) / 2;
    let median = |column: &mut Vec<f32>, index: usize| {
        column.clear();
        column.extend(values.iter().map(|tensor| tensor[index]));
        *column.select_nth_unstable_by(middle, f32::total_cmp).1
    };
    let indices = (0..first.elem_count()).into_par_iter();
    let medians: Vec<f32> = indices.map_init(Vec::new, median).collect();
    Ok(Tensor::from_vec(medians, first.dims(), &Device::Cpu)?)
}

/// Turns counter-clockwise.
fn turned(picture: &Tensor, quarter_turns: usize) -> Result<Tensor, NetworkError> {
    let turned = match quarter_turns % 4 {
        0 => picture.clone(),
        1 => picture.transpose(2, 3)?.contiguous()?.flip(&[2])?,
        2 => picture.flip(&[2, 3])?,
        _ => picture.transpose(2, 3)?.contiguous()?.flip(&[3])?,
    };
    Ok(turned.contiguous()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_is_counter_clockwise_and_every_view_can_be_undone() {
        let picture = Tensor::new(&[[[[1f32, 2.0, 3.0], [4.0, 5.0, 6.0]]]], &Device::Cpu).unwrap();
        let values = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let view = View { mirrored: false, quarter_turns: 1 };
        assert_eq!(values(&view.of(&picture).unwrap()), [3.0, 6.0, 2.0, 5.0, 1.0, 4.0]);
        for view in View::all() {
            let back = view.undo(&view.of(&picture).unwrap()).unwrap();
            assert_eq!(values(&back), values(&picture), "{view:?}");
        }
    }

    #[test]
    fn the_lower_median_of_eight_is_the_fourth_smallest() {
        let tensors: Vec<Tensor> = [7f32, 1.0, 5.0, 3.0, 2.0, 8.0, 6.0, 4.0]
            .iter()
            .map(|&v| Tensor::new(&[v, -v], &Device::Cpu).unwrap())
            .collect();
        let median = lower_median(&tensors).unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(median, [4.0, -5.0]);
    }
}
