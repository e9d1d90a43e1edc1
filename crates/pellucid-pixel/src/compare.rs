//! How far two pictures are apart.

use crate::frames::{Mismatch, image_frame, image_shape, meeting_batch, sum_rows};
use crate::{Image, Pixel};

/// The difference of two pictures over the four premultiplied channels of all frames, in the
/// encoding of the first.
///
/// Where either value is not finite and the two are not equal, the difference is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The greatest absolute difference.
    pub max: f64,
    /// The mean absolute difference.
    pub mean: f64,
    /// The mean squared difference.
    pub mse: f64,
    /// `10 log10(1 / mse)` in decibels: infinite for equal pictures, minus infinity where a
    /// difference is infinite.
    pub psnr: f64,
    /// Frame, x and y of the first pixel that has the greatest difference.
    pub worst: [u32; 3],
}

/// Compares two pictures; a batch of 1 is repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn compare(first: &Image, second: &Image) -> Result<Difference, Mismatch> {
    let batch = meeting_batch(image_shape(first), image_shape(second))?;
    let second = second.premultiplied().encoded(first.fact.encoding);
    let first = first.premultiplied();
    let width = first.fact.width;
    let (mut sum, mut squares, mut max, mut worst) = (0.0, 0.0, -1.0, [0; 3]);
    for index in 0..batch {
        let (a, b) = (image_frame(&first, index), image_frame(&second, index));
        let [s, q] = sum_rows(width, a.len(), |i| {
            (0..4).map(|c| gap(a[i][c], b[i][c])).fold([0.0; 2], |[s, q], d| [s + d, q + d * d])
        });
        sum += s;
        squares += q;
        for (i, (a, b)) in a.iter().zip(b).enumerate() {
            let most = greatest_gap(a, b);
            if most > max {
                max = most;
                worst = [index, i as u32 % width, i as u32 / width];
            }
        }
    }
    let count = 4.0 * first.fact.frame_len() as f64 * f64::from(batch);
    let mse = squares / count;
    Ok(Difference { max, mean: sum / count, mse, psnr: psnr(mse), worst })
}

/// Peak signal-to-noise ratio in decibels, for a peak of 1; infinite for no error.
pub fn psnr(mse: f64) -> f64 {
    if mse <= 0.0 { f64::INFINITY } else { -10.0 * mse.log10() }
}

fn greatest_gap(a: &Pixel, b: &Pixel) -> f64 {
    (0..4).map(|c| gap(a[c], b[c])).fold(0.0, f64::max)
}

fn gap(a: f32, b: f32) -> f64 {
    if a == b {
        return 0.0;
    }
    let gap = (f64::from(a) - f64::from(b)).abs();
    if gap.is_nan() { f64::INFINITY } else { gap }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn row(pixels: &[Pixel]) -> Image {
        Image::new(ImageFact::new(pixels.len() as u32, 1, Alpha::Straight), pixels.to_vec())
    }

    #[test]
    fn colour_counts_as_much_as_it_shows() {
        let a = row(&[[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]]);
        let b = row(&[[0.0, 1.0, 0.5, 0.0], [1.0, 0.5, 0.5, 0.5]]);
        let difference = compare(&a, &b).unwrap();
        assert_eq!((difference.max, difference.mean), (0.25, 0.25 / 8.0));
        assert_eq!(difference.worst, [0, 1, 0]);
        assert!((difference.psnr - psnr(0.0625 / 8.0)).abs() < 1e-12);
        assert_eq!(compare(&a, &a).unwrap().psnr, f64::INFINITY);
    }

    #[test]
    fn what_is_not_a_number_is_infinitely_wrong() {
        let good = row(&[[0.5; 4], [0.5; 4]]);
        let bad = row(&[[0.5; 4], [f32::NAN, 0.5, 0.5, 0.5]]);
        for (a, b) in [(&good, &bad), (&bad, &good), (&bad, &bad)] {
            let difference = compare(a, b).unwrap();
            assert_eq!((difference.max, difference.mean), (f64::INFINITY, f64::INFINITY));
            assert_eq!(difference.psnr, f64::NEG_INFINITY);
            assert_eq!(difference.worst, [0, 1, 0]);
        }
    }

    #[test]
    fn two_peaks_of_a_tenth_are_twenty_decibels() {
        assert!((psnr(0.01) - 20.0).abs() < 1e-12);
    }
}
