//! Layers found without any transparency in the latent: by how far a picture is from the grey around it.

use super::{LayerErrors, Sum};
use crate::data::Canvas;
use crate::data::canvas::off_grey;

/// Differences from grey at which alpha begins, values 0 to 1.
const BEGINS: [f32; 7] = [0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.25];
/// Differences over which it rises to 1; the first is a threshold.
const RISES: [f32; 5] = [0.0, 0.05, 0.1, 0.2, 0.35];

/// Every way of keying, tried on all examples: those that do best are told, which favours keying.
#[derive(Default)]
pub(super) struct Tried {
    sums: [[Sum; BEGINS.len()]; RISES.len()],
}

impl Tried {
    /// Keys a picture of a layer on grey in every way.
    pub(super) fn add(&mut self, wanted: &Canvas, picture: &Canvas) {
        for (sums, rise) in self.sums.iter_mut().zip(RISES) {
            for (sum, begin) in sums.iter_mut().zip(BEGINS) {
                sum.add(wanted, &keyed(picture, begin, rise));
            }
        }
    }

    /// The least error of alpha with a threshold, and with alpha that rises.
    pub(super) fn best(&self) -> [LayerErrors; 2] {
        let least = |sums: &[[Sum; BEGINS.len()]]| {
            let errors = sums.iter().flatten().map(Sum::mean);
            errors.min_by(|a, b| a.alpha_mae.total_cmp(&b.alpha_mae)).unwrap_or_default()
        };
        [least(&self.sums[..1]), least(&self.sums[1..])]
    }
}

/// Alpha by the greatest difference of a channel from grey.
fn keyed(picture: &Canvas, begin: f32, rise: f32) -> Canvas {
    let pixel = |&[r, g, b, _]: &[f32; 4]| {
        let far = [r, g, b].into_iter().map(|c| (c - 0.5).abs()).fold(0.0, f32::max);
        let alpha = if rise > 0.0 {
            ((far - begin) / rise).clamp(0.0, 1.0)
        } else {
            f32::from(u8::from(far > begin))
        };
        off_grey([r, g, b], alpha)
    };
    Canvas { size: picture.size, pixels: picture.pixels.iter().map(pixel).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_thing_on_grey_is_keyed_exactly() {
        let mut wanted = Canvas::clear(4);
        wanted.pixels[5] = [0.9, 0.2, 0.1, 1.0];
        let mut picture = wanted.clone();
        for pixel in &mut picture.pixels {
            *pixel = crate::data::canvas::over(*pixel, [0.5, 0.5, 0.5, 1.0]);
        }
        let mut tried = Tried::default();
        tried.add(&wanted, &picture);
        assert_eq!(tried.best()[0].alpha_mae, 0.0);
        // Half of the difference of 0.4 that it rises over: half opaque.
        let half = keyed(&Canvas { size: 1, pixels: vec![[0.7, 0.5, 0.5, 1.0]] }, 0.1, 0.2);
        assert!((half.pixels[0][3] - 0.5).abs() < 1e-6);
        assert!((half.pixels[0][0] - 0.45).abs() < 1e-6 && (half.pixels[0][1] - 0.25).abs() < 1e-6);
    }
}
