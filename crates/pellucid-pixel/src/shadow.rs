//! Shadows, glows and strokes: pictures made from the alpha of a picture.

use rayon::prelude::*;

use crate::blur::{Gaussian, LARGEST, gaussian_blur_matte};
use crate::image::premultiply;
use crate::morphology::{LARGEST_RADIUS, Neighbourhood, dilate, erode, grow};
use crate::raster::alpha_plane;
use crate::transform::{Rect, crop_matte, offset_matte};
use crate::{Edge, Image, Matte, Pixel};

/// A soft copy of a silhouette.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shadow {
    /// Pixels to the right; fractions are interpolated.
    pub dx: f32,
    /// Pixels down; fractions are interpolated.
    pub dy: f32,
    /// Standard deviation of the blur, in pixels (half of a CSS blur radius).
    pub sigma: f32,
    /// Pixels by which the silhouette grows, or shrinks, before it is blurred.
    pub spread: f32,
    /// Straight colour and opacity, in the encoding of the image.
    pub colour: Pixel,
}

impl Default for Shadow {
    fn default() -> Self {
        Self { dx: 4.0, dy: 4.0, sigma: 4.0, spread: 0.0, colour: [0.0, 0.0, 0.0, 0.6] }
    }
}

/// What a shadow function returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Output {
    /// The picture with the effect merged in.
    #[default]
    Merged,
    /// The effect alone, to be merged by the caller.
    EffectOnly,
}

impl Output {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("merged", Self::Merged), ("effect_only", Self::EffectOnly)];
}

/// Which side of an outline a stroke covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StrokeSide {
    /// Outside, below the picture.
    #[default]
    Outside,
    /// Half outside, half inside, above the picture.
    Centre,
    /// Inside, above the picture.
    Inside,
}

impl StrokeSide {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("outside", Self::Outside), ("centre", Self::Centre), ("inside", Self::Inside)];
}

/// A shadow, or outer glow where it is not shifted, below the picture.
///
/// Shadow alpha is the blurred alpha, shifted, times the opacity of the colour. The canvas stays,
/// so pad first where the shadow should reach beyond it. The result is premultiplied.
pub fn drop_shadow(image: &Image, shadow: Shadow, output: Output) -> Image {
    let coverage = cast(&alpha_plane(image), shadow);
    merge(image, &coverage, shadow.colour, |picture, effect| match output {
        Output::Merged => over(picture, effect),
        Output::EffectOnly => effect,
    })
}

/// The shadow of a picture's surroundings on the picture, or inner glow where it is not shifted.
///
/// Outside the canvas counts as clear. The effect is held inside the picture's alpha; the result
/// is premultiplied and, merged, has the picture's alpha.
pub fn inner_shadow(image: &Image, shadow: Shadow, output: Output) -> Image {
    // A shadow of the surroundings is what the shadow of the picture leaves uncovered.
    let hollow = Shadow { spread: -shadow.spread, ..shadow };
    let coverage = cast(&alpha_plane(image), hollow).map(|value| 1.0 - value);
    merge(image, &coverage, shadow.colour, |picture, effect| match output {
        Output::Merged => atop(effect, picture),
        Output::EffectOnly => effect.map(|value| value * picture[3]),
    })
}

/// A line of `width` pixels along the outline of a picture's alpha, of a straight `colour`.
///
/// The line takes the place of the picture's coverage, so soft edges stay as soft as they were.
/// The result is premultiplied; the canvas stays.
pub fn stroke(image: &Image, width: f32, side: StrokeSide, colour: Pixel, output: Output) -> Image {
    let (outer, inner) = match side {
        StrokeSide::Outside => (width, 0.0),
        StrokeSide::Centre => (width / 2.0, width / 2.0),
        StrokeSide::Inside => (0.0, width),
    };
    let alpha = alpha_plane(image);
    let outer = dilate(&alpha, Neighbourhood::disc(outer));
    let inner = erode(&alpha, Neighbourhood::disc(inner));
    let spans = outer.values.par_iter().zip(inner.values.par_iter()).with_min_len(16384);
    let line = Matte::new(outer.fact, spans.map(|(outer, inner)| outer - inner).collect());
    let covered = alpha.values.par_iter().zip(inner.values.par_iter()).with_min_len(16384);
    let hidden = covered.map(|(a, inner)| if *a > 0.0 { (a - inner) / a } else { 0.0 }).collect();
    let effect = merge(image, &line, colour, |_, effect| effect);
    match output {
        Output::EffectOnly => effect,
        Output::Merged => {
            let picture =
                merge(image, &Matte::new(line.fact, hidden), colour, |picture, hidden| {
                    picture.map(|value| value * (1.0 - hidden[3]))
                });
            let pairs = picture.pixels.par_iter().zip(effect.pixels.par_iter());
            Image::new(picture.fact, pairs.map(|(a, b)| add(*a, *b)).collect())
        }
    }
}

/// Spreads, blurs and shifts a silhouette, on a canvas large enough that nothing which returns
/// to the picture is cut off on the way.
fn cast(silhouette: &Matte, shadow: Shadow) -> Matte {
    let (width, height) = silhouette.fact.size();
    let spread = shadow.spread.clamp(-LARGEST_RADIUS, LARGEST_RADIUS);
    let reach = 4.0 * shadow.sigma.clamp(0.0, LARGEST) + spread.abs() + 2.0;
    // Beyond this no shift changes what is seen: nothing.
    let limit = |shift: f32, size: u32| shift.clamp(-(size as f32) - reach, size as f32 + reach);
    let (dx, dy) = (limit(shadow.dx, width), limit(shadow.dy, height));
    let margin = |shift: f32| (shift.max(0.0).ceil() + spread.abs().ceil() + 1.0) as u32;
    let (left, right, top, bottom) = (margin(dx), margin(-dx), margin(dy), margin(-dy));
    let around = Rect {
        x: -i64::from(left),
        y: -i64::from(top),
        width: width.saturating_add(left + right),
        height: height.saturating_add(top + bottom),
    };
    let padded = crop_matte(silhouette, around, Edge::Transparent);
    let grown = grow(&padded, Neighbourhood::disc(spread));
    let blurred = gaussian_blur_matte(&grown, Gaussian::new(shadow.sigma));
    let shifted = offset_matte(&blurred, dx, dy, Edge::Transparent);
    let back = Rect { x: i64::from(left), y: i64::from(top), width, height };
    crop_matte(&shifted, back, Edge::Transparent)
}

fn merge(
    image: &Image,
    coverage: &Matte,
    colour: Pixel,
    f: impl Fn(Pixel, Pixel) -> Pixel + Sync,
) -> Image {
    let image = image.premultiplied();
    let colour = premultiply(colour);
    let pairs = image.pixels.par_iter().zip(coverage.values.par_iter()).with_min_len(4096);
    let merged = pairs.map(|(pixel, cover)| f(*pixel, colour.map(|value| value * cover)));
    Image::new(image.fact, merged.collect())
}

fn over(a: Pixel, b: Pixel) -> Pixel {
    std::array::from_fn(|k| a[k] + b[k] * (1.0 - a[3]))
}

fn atop(a: Pixel, b: Pixel) -> Pixel {
    std::array::from_fn(|k| a[k] * b[3] + b[k] * (1.0 - a[3]))
}

fn add(a: Pixel, b: Pixel) -> Pixel {
    std::array::from_fn(|k| a[k] + b[k])
}
