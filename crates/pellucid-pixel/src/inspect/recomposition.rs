//! How far a generated blend is from its own foreground over its own background.

use crate::colour::lab::{DeltaE, light_to_lab};
use crate::colour::to_light;
use crate::frames::{Mismatch, image_frame, image_shape, meeting_batch, sum_rows};
use crate::{Encoding, Image, Pixel};

/// The error of a blend over all frames, in sRGB-encoded space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recomposition {
    /// The mean absolute difference of red, green and blue, 0 to 1.
    pub mean: f64,
    /// The greatest absolute difference of a channel.
    pub max: f64,
    /// The mean colour difference of the pixels in CIELAB.
    pub mean_delta_e: f64,
    /// The greatest colour difference of a pixel in CIELAB.
    pub max_delta_e: f64,
}

/// Compares a blend with `foreground over background`, composited in sRGB-encoded space. What is
/// left transparent, in the background or in the blend, is taken over black; a batch of 1 is
/// repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn recomposition(
    foreground: &Image,
    background: &Image,
    blend: &Image,
    formula: DeltaE,
) -> Result<Recomposition, Mismatch> {
    let shapes = [foreground, background, blend].map(image_shape);
    let batch = meeting_batch(shapes[0], shapes[1])?;
    let batch = meeting_batch([shapes[0][0], shapes[0][1], batch], shapes[2])?;
    let [foreground, background, blend] =
        [foreground, background, blend].map(|i| i.premultiplied().encoded(Encoding::Srgb));
    let width = blend.fact.width;
    let (mut sums, mut max, mut max_delta_e) = ([0.0; 2], 0.0_f64, 0.0_f64);
    for index in 0..batch {
        let (f, b) = (image_frame(&foreground, index), image_frame(&background, index));
        let seen = image_frame(&blend, index);
        let errors = crate::frames::build(seen.len(), |i| error_of(f[i], b[i], seen[i], formula));
        let [gap, delta_e] = sum_rows(width, errors.len(), |i| [errors[i].mean, errors[i].delta_e]);
        sums = [sums[0] + gap, sums[1] + delta_e];
        for error in &errors {
            max = max.max(error.max);
            max_delta_e = max_delta_e.max(error.delta_e);
        }
    }
    let count = blend.fact.frame_len() as f64 * f64::from(batch);
    Ok(Recomposition { mean: sums[0] / count, max, mean_delta_e: sums[1] / count, max_delta_e })
}

struct PixelError {
    mean: f64,
    max: f64,
    delta_e: f64,
}

fn error_of(front: Pixel, back: Pixel, blend: Pixel, formula: DeltaE) -> PixelError {
    let made: [f32; 3] = std::array::from_fn(|c| front[c] + (1.0 - front[3]) * back[c]);
    let seen = [blend[0], blend[1], blend[2]];
    let gaps: [f64; 3] = std::array::from_fn(|c| (f64::from(made[c]) - f64::from(seen[c])).abs());
    let lab = |colour| light_to_lab(to_light(colour, Encoding::Srgb));
    PixelError {
        mean: (gaps[0] + gaps[1] + gaps[2]) / 3.0,
        max: gaps[0].max(gaps[1]).max(gaps[2]),
        delta_e: formula.between(lab(made), lab(seen)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn flat(pixel: Pixel) -> Image {
        Image::filled(ImageFact::new(3, 2, Alpha::Straight), pixel)
    }

    #[test]
    fn an_exact_blend_has_no_error() {
        let (front, back) = (flat([1.0, 0.5, 0.0, 0.5]), flat([0.0, 0.5, 1.0, 1.0]));
        let blend = flat([0.5, 0.5, 0.5, 1.0]);
        let got = recomposition(&front, &back, &blend, DeltaE::Cie2000).unwrap();
        assert_eq!((got.max, got.max_delta_e), (0.0, 0.0));
    }

    #[test]
    fn a_grey_error_is_the_difference_of_lightness() {
        let (front, back) = (flat([0.0; 4]), flat([0.4, 0.4, 0.4, 1.0]));
        let blend = flat([0.5, 0.5, 0.5, 1.0]);
        let got = recomposition(&front, &back, &blend, DeltaE::Cie76).unwrap();
        assert!((got.mean - 0.1).abs() < 1e-7 && (got.max - 0.1).abs() < 1e-7);
        let lightness = |v| light_to_lab(to_light([v; 3], Encoding::Srgb))[0];
        assert!((got.mean_delta_e - (lightness(0.5) - lightness(0.4))).abs() < 1e-6);
    }
}
