//! Gaussian filters cut off at a window, every channel by itself, the picture reflected at its
//! border pixels: what tensor libraries do with small kernels.

use crate::interpolate::spread;
use crate::raster::{image_frames, matte_frames};
use crate::resize::scale;
use crate::{Alpha, Image, ImageFact, Matte};

/// A Gaussian over a window of `2 * radius + 1` pixels a side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Pixels on each side of the centre.
    pub radius: u32,
    /// Standard deviation in pixels, above 0.
    pub sigma: f32,
}

impl Window {
    /// Its weights along one axis, which sum to 1.
    pub(crate) fn weights(self) -> Vec<f32> {
        let at = |i: u32| {
            let x = (f64::from(i) - f64::from(self.radius)) / f64::from(self.sigma);
            (-0.5 * x * x).exp()
        };
        let weights: Vec<f64> = (0..=2 * self.radius).map(at).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| (weight / sum) as f32).collect()
    }
}

/// The blurred picture, opaque as it was, else straight.
pub fn window_blur(image: &Image, window: Window) -> Image {
    let fact = windowed_fact(&image.fact);
    let opaque = fact.alpha == Alpha::Opaque;
    let weights = window.weights();
    let (x, y) = (spread(&weights, fact.width as usize), spread(&weights, fact.height as usize));
    image_frames(&image.in_state(fact.alpha), fact, |frame, out| {
        scale(frame, Some(&x), Some(&y), out, |row| {
            if opaque {
                row.iter_mut().for_each(|pixel| pixel[3] = 1.0);
            }
        });
    })
}

/// The blurred matte.
pub fn window_blur_matte(matte: &Matte, window: Window) -> Matte {
    let weights = window.weights();
    let (x, y) =
        (spread(&weights, matte.fact.width as usize), spread(&weights, matte.fact.height as usize));
    matte_frames(matte, matte.fact, |frame, out| {
        scale(frame, Some(&x), Some(&y), out, |_| ());
    })
}

/// The picture with `amount` times its difference from the blurred one added, held to 0..1; opaque
/// as it was, else straight.
pub fn window_sharpen(image: &Image, window: Window, amount: f32) -> Image {
    let blurred = window_blur(image, window);
    let image = image.in_state(blurred.fact.alpha);
    let pixels = crate::frames::build(image.pixels.len(), |i| {
        let (pixel, mean) = (image.pixels[i], blurred.pixels[i]);
        std::array::from_fn(|c| away(pixel[c], mean[c], amount))
    });
    Image::new(blurred.fact, pixels)
}

/// The matte with `amount` times its difference from the blurred one added, held to 0..1.
pub fn window_sharpen_matte(matte: &Matte, window: Window, amount: f32) -> Matte {
    let blurred = window_blur_matte(matte, window);
    let values = crate::frames::build(matte.values.len(), |i| {
        away(matte.values[i], blurred.values[i], amount)
    });
    Matte::new(matte.fact, values)
}

fn away(value: f32, mean: f32, amount: f32) -> f32 {
    (value + amount * (value - mean)).clamp(0.0, 1.0)
}

/// The fact of a picture filtered by a window: opaque as it was, else straight.
pub fn windowed_fact(fact: &ImageFact) -> ImageFact {
    let alpha = if fact.alpha == Alpha::Opaque { Alpha::Opaque } else { Alpha::Straight };
    ImageFact { alpha, ..*fact }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    #[test]
    fn a_picture_is_reflected_at_its_border_pixels() {
        let matte = Matte::new(MatteFact::new(3, 1), vec![1.0, 0.0, 0.0]);
        let blurred = window_blur_matte(&matte, Window { radius: 1, sigma: 1.0 });
        // exp(-1/2) = 0.60653, so the weights are 0.27407, 0.45186, 0.27407.
        let want = [0.451_862_75, 0.274_068_62, 0.0];
        for (got, want) in blurred.values.iter().zip(want) {
            // Sums of three rounded products.
            assert!((got - want).abs() < 3e-7, "{:?}", blurred.values);
        }
        let last = Matte::new(MatteFact::new(2, 1), vec![0.0, 1.0]);
        let blurred = window_blur_matte(&last, Window { radius: 1, sigma: 1.0 });
        assert!((blurred.values[0] - 0.548_137_25).abs() < 3e-7, "{:?}", blurred.values);
    }

    #[test]
    fn an_even_picture_stays_as_it_is() {
        let fact = ImageFact::new(5, 4, Alpha::Straight);
        let image = Image::filled(fact, [0.25, 0.5, 0.75, 0.0]);
        let window = Window { radius: 7, sigma: 3.0 };
        for got in [window_blur(&image, window), window_sharpen(&image, window, 5.0)] {
            let worst = got.pixels.iter().map(|p| (p[2] - 0.75).abs()).fold(0.0, f32::max);
            // 15 by 15 rounded products; sharpening takes six times that.
            assert!(worst < 1e-5 && got.fact == fact, "{worst}");
        }
    }

    #[test]
    fn sharpening_goes_away_from_the_blurred_picture() {
        let matte = Matte::new(MatteFact::new(3, 1), vec![0.4, 0.5, 0.4]);
        let sharp = window_sharpen_matte(&matte, Window { radius: 1, sigma: 1.0 }, 2.0);
        // The middle is blurred to 0.5 - 0.1 * 0.548137.
        assert!((sharp.values[1] - 0.609_627).abs() < 1e-6, "{:?}", sharp.values);
    }
}
