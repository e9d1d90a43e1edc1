//! Two cut-outs judged by how alike they look over backgrounds.

use crate::compare::psnr;
use crate::frames::{Mismatch, image_frame, image_shape, meeting_batch, sum_rows};
use crate::{Encoding, Image};

/// The nine backgrounds of the AlphaVAE protocol, sRGB-encoded; grey is 128/255.
pub const BACKGROUNDS: [(&str, [f32; 3]); 9] = [
    ("grey", [128.0 / 255.0; 3]),
    ("black", [0.0, 0.0, 0.0]),
    ("white", [1.0, 1.0, 1.0]),
    ("red", [1.0, 0.0, 0.0]),
    ("green", [0.0, 1.0, 0.0]),
    ("blue", [0.0, 0.0, 1.0]),
    ("yellow", [1.0, 1.0, 0.0]),
    ("cyan", [0.0, 1.0, 1.0]),
    ("magenta", [1.0, 0.0, 1.0]),
];

/// How alike two cut-outs look, over all frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackgroundScores {
    /// PSNR in decibels over every one of [`BACKGROUNDS`]; infinite where equal.
    pub psnr: [f64; 9],
    /// The mean of the nine; infinite if one is.
    pub mean_psnr: f64,
    /// The worst of the nine.
    pub min_psnr: f64,
    /// The mean squared error (peak 1) expected over natural backgrounds, in closed form: with
    /// `d` the difference of the pictures laid over mid grey's zero in -1 to 1 and `e` that of their
    /// clearness, `d^2 - 2 E[b] d e + E[b^2] e^2`, with AlphaVAE's moments of natural pictures.
    pub natural_mse: f64,
}

const NATURAL_MEAN: [f64; 3] = [-0.0357, -0.0811, -0.1797];
const NATURAL_SQUARE: [f64; 3] = [0.3163, 0.3060, 0.3634];

/// Scores two cut-outs, composited in sRGB-encoded space; a batch of 1 is repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn score_over_backgrounds(first: &Image, second: &Image) -> Result<BackgroundScores, Mismatch> {
    let batch = meeting_batch(image_shape(first), image_shape(second))?;
    let first = first.premultiplied().encoded(Encoding::Srgb);
    let second = second.premultiplied().encoded(Encoding::Srgb);
    let mut sums = [0.0; 10];
    for index in 0..batch {
        let (a, b) = (image_frame(&first, index), image_frame(&second, index));
        let frame = sum_rows(first.fact.width, a.len(), |i| {
            let gaps: [f64; 4] = std::array::from_fn(|c| f64::from(a[i][c]) - f64::from(b[i][c]));
            squared_errors(gaps)
        });
        sums.iter_mut().zip(frame).for_each(|(sum, frame)| *sum += frame);
    }
    let count = 3.0 * first.fact.frame_len() as f64 * f64::from(batch);
    let psnr: [f64; 9] = std::array::from_fn(|i| psnr(sums[i] / count));
    Ok(BackgroundScores {
        psnr,
        mean_psnr: psnr.iter().sum::<f64>() / 9.0,
        min_psnr: psnr.iter().copied().fold(f64::INFINITY, f64::min),
        natural_mse: (sums[9] / count).max(0.0),
    })
}

/// The squared error of a pixel summed over three channels, over the nine backgrounds and over
/// natural ones, given the differences of its premultiplied channels.
fn squared_errors([r, g, b, a]: [f64; 4]) -> [f64; 10] {
    let colour = [r, g, b];
    let mut errors = [0.0; 10];
    for ((_, background), error) in BACKGROUNDS.iter().zip(&mut errors) {
        *error = (0..3).map(|c| (colour[c] - a * f64::from(background[c])).powi(2)).sum();
    }
    errors[9] = (0..3)
        .map(|c| {
            // In -1 to 1, premultiplied colour 2 C a - a; halved squares are quartered.
            let (d, e) = (2.0 * colour[c] - a, a);
            (d * d - 2.0 * NATURAL_MEAN[c] * d * e + NATURAL_SQUARE[c] * e * e) / 4.0
        })
        .sum();
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn flat(pixel: [f32; 4]) -> Image {
        Image::filled(ImageFact::new(4, 4, Alpha::Straight), pixel)
    }

    #[test]
    fn equal_cut_outs_are_infinitely_alike_whatever_hides_under_alpha_zero() {
        let scores = score_over_backgrounds(&flat([1.0, 0.0, 0.5, 0.0]), &flat([0.0; 4])).unwrap();
        assert_eq!((scores.mean_psnr, scores.natural_mse), (f64::INFINITY, 0.0));
    }

    #[test]
    fn alpha_hides_over_its_own_colour_only() {
        let scores =
            score_over_backgrounds(&flat([1.0, 1.0, 1.0, 1.0]), &flat([1.0, 1.0, 1.0, 0.9]))
                .unwrap();
        let over = |name| BACKGROUNDS.iter().position(|(n, _)| *n == name).unwrap();
        // 1 - 0.9 is exact in f32 only to 1e-8.
        assert!(scores.psnr[over("white")] > 140.0);
        assert!((scores.psnr[over("black")] - 20.0).abs() < 1e-4);
        assert_eq!(scores.min_psnr, scores.psnr[over("black")]);
    }

    #[test]
    fn the_closed_form_is_the_mean_over_backgrounds_with_its_moments() {
        let gaps = [0.1, -0.05, 0.2, 0.15];
        let mut mean = 0.0;
        for c in 0..3 {
            let spread = (NATURAL_SQUARE[c] - NATURAL_MEAN[c].powi(2)).sqrt();
            for b in [NATURAL_MEAN[c] - spread, NATURAL_MEAN[c] + spread] {
                let gap = gaps[c] - gaps[3] * (b + 1.0) / 2.0;
                mean += gap * gap / 2.0;
            }
        }
        assert!((squared_errors(gaps)[9] - mean).abs() < 1e-12);
    }
}
