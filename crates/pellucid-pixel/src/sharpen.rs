//! Unsharp masking.

use rayon::prelude::*;

use crate::blur::{Gaussian, gaussian_blur, gaussian_blur_matte};
use crate::raster::mixable;
use crate::{Alpha, Edge, Image, Matte};

/// How to sharpen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sharpen {
    /// How much of the difference to the blurred picture is added; 0 changes nothing.
    pub amount: f32,
    /// Standard deviation of the blur, in pixels.
    pub sigma: f32,
    /// Differences of straight colour smaller than this (0..1) are left alone.
    pub threshold: f32,
    /// Sharpen alpha too; otherwise the outline stays exactly as it is.
    pub alpha: bool,
}

impl Default for Sharpen {
    fn default() -> Self {
        Self { amount: 1.0, sigma: 1.0, threshold: 0.0, alpha: false }
    }
}

/// Adds to every colour its difference from its blurred surroundings, `c + amount * (c - blur)`.
///
/// The surroundings are the alpha-weighted mean, so clear pixels and the border of the picture do
/// not darken it. Works on straight colour; the result is premultiplied, or opaque as the image
/// was. Colour is not clamped; sharpened alpha is, to 0..1.
pub fn sharpen(image: &Image, how: Sharpen) -> Image {
    if how.amount == 0.0 {
        return image.clone();
    }
    let source = mixable(image);
    let blurred = gaussian_blur(&source, Gaussian::new(how.sigma).with_edge(Edge::Clamp));
    let alpha_too = how.alpha && source.fact.alpha != Alpha::Opaque;
    let pixels = source.pixels.par_iter().zip(blurred.pixels.par_iter()).with_min_len(4096);
    let sharpened = pixels.map(|(&[r, g, b, a], &[mr, mg, mb, ma])| {
        if a <= 0.0 || ma <= 0.0 {
            return [r, g, b, a];
        }
        let alpha = if alpha_too { away(a, ma, how).clamp(0.0, 1.0) } else { a };
        let [r, g, b] = [(r, mr), (g, mg), (b, mb)]
            .map(|(colour, mean)| away(colour / a, mean / ma, how) * alpha);
        [r, g, b, alpha]
    });
    Image::new(source.fact, sharpened.collect())
}

/// Adds to every value its difference from its blurred surroundings, clamped to 0..1.
pub fn sharpen_matte(matte: &Matte, how: Sharpen) -> Matte {
    let blurred = gaussian_blur_matte(matte, Gaussian::new(how.sigma).with_edge(Edge::Clamp));
    let values = matte.values.par_iter().zip(blurred.values.par_iter()).with_min_len(16384);
    let sharpened = values.map(|(value, mean)| away(*value, *mean, how).clamp(0.0, 1.0));
    Matte::new(matte.fact, sharpened.collect())
}

#[inline]
fn away(value: f32, mean: f32, how: Sharpen) -> f32 {
    let difference = value - mean;
    if difference.abs() < how.threshold { value } else { value + how.amount * difference }
}
