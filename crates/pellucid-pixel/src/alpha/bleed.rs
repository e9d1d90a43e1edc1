//! Colour for the pixels that have none of their own ("RGB padding", "edge bleeding").

use super::pyramid;
use crate::frames::{build, map_frames};
use crate::image::premultiply;
use crate::nearest::nearest_known;
use crate::{Alpha, Image, ImageFact, Pixel};

/// How clear pixels get their colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BleedMethod {
    /// LayerDiffusion's pyramid fill. The result is an opaque picture: soft pixels too are mixed
    /// with the colour around them.
    Pyramid,
    /// The colour of the nearest pixel that has one, by Euclidean distance.
    Nearest,
    /// Passes of a 3x3 average of the pixels known so far.
    Dilate,
    /// One colour.
    Solid,
}

impl BleedMethod {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("pyramid", Self::Pyramid),
        ("nearest", Self::Nearest),
        ("dilate", Self::Dilate),
        ("solid", Self::Solid),
    ];
}

/// How to fill the colour of clear pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bleed {
    /// Where the colour comes from.
    pub method: BleedMethod,
    /// Passes of [`BleedMethod::Dilate`], one pixel each.
    pub passes: u32,
    /// The colour of [`BleedMethod::Solid`], in the encoding of the image.
    pub colour: [f32; 3],
    /// A pixel has a colour of its own when its alpha is above this; [`bleed`] by
    /// [`BleedMethod::Pyramid`] does not use it.
    pub above: f32,
}

impl Default for Bleed {
    fn default() -> Self {
        Self { method: BleedMethod::Pyramid, passes: 8, colour: [0.0; 3], above: 0.0 }
    }
}

/// Fills the colour of clear pixels.
///
/// All methods but the pyramid return a straight image with the same alpha, bit for bit, in which
/// the straight colour of every pixel above [`Bleed::above`] is unchanged. The pyramid returns an
/// opaque one, unchanged where alpha is 1. A picture without any colour is returned straight and
/// otherwise as it is; an opaque picture is returned as it is.
pub fn bleed(image: &Image, bleed: &Bleed) -> Image {
    if image.fact.alpha == Alpha::Opaque {
        return image.clone();
    }
    let width = image.fact.width as usize;
    if bleed.method == BleedMethod::Pyramid {
        let fact = ImageFact { alpha: Alpha::Opaque, ..image.fact };
        let image = image.premultiplied();
        return map_frames(&image, fact, |frame| pyramid::diffused(width, frame.to_vec()));
    }
    let image = image.straight();
    let known = |pixel: &Pixel| pixel[3] > bleed.above;
    map_frames(&image, image.fact, |frame| match bleed.method {
        BleedMethod::Pyramid | BleedMethod::Nearest => filled_from_nearest(width, frame, known),
        BleedMethod::Dilate => dilated(width, frame, bleed.passes, known),
        BleedMethod::Solid => build(frame.len(), |i| match frame[i] {
            pixel if known(&pixel) => pixel,
            pixel => recoloured(pixel, bleed.colour),
        }),
    })
}

/// Fills the colour of clear pixels under the alpha that is there.
///
/// As [`bleed`], but the pyramid too returns a straight image with the same alpha, bit for bit, and
/// the straight colour of pixels above [`Bleed::above`] unchanged. A frame without any colour is
/// returned as it is.
pub fn bleed_under_alpha(image: &Image, bleed: &Bleed) -> Image {
    if image.fact.alpha == Alpha::Opaque || bleed.method != BleedMethod::Pyramid {
        return self::bleed(image, bleed);
    }
    let width = image.fact.width as usize;
    let image = image.straight();
    map_frames(&image, image.fact, |frame| {
        if frame.iter().all(|pixel| pixel[3] <= 0.0) {
            return frame.to_vec();
        }
        let premultiplied = frame.iter().map(|pixel| premultiply(*pixel)).collect();
        let fill = pyramid::diffused(width, premultiplied);
        build(frame.len(), |i| match (frame[i], fill[i]) {
            (pixel, _) if pixel[3] > bleed.above => pixel,
            (pixel, [r, g, b, _]) => recoloured(pixel, [r, g, b]),
        })
    })
}

/// The pyramid fill as LayerDiffusion's networks are fed it: an opaque picture with colour
/// everywhere.
pub fn pad_rgb(image: &Image) -> Image {
    bleed(image, &Bleed::default())
}

fn recoloured(pixel: Pixel, colour: [f32; 3]) -> Pixel {
    [colour[0], colour[1], colour[2], pixel[3]]
}

/// Gives every pixel for which `known` fails the colour of the nearest one for which it holds.
pub(super) fn filled_from_nearest(
    width: usize,
    frame: &[Pixel],
    known: impl Fn(&Pixel) -> bool + Sync,
) -> Vec<Pixel> {
    match nearest_known(width, frame.len(), |i| known(&frame[i])) {
        None => frame.to_vec(),
        Some(nearest) => build(frame.len(), |i| {
            let [r, g, b, _] = frame[nearest[i] as usize];
            recoloured(frame[i], [r, g, b])
        }),
    }
}

fn dilated(
    width: usize,
    frame: &[Pixel],
    passes: u32,
    known: impl Fn(&Pixel) -> bool,
) -> Vec<Pixel> {
    let mut pixels = frame.to_vec();
    let mut known: Vec<bool> = frame.iter().map(known).collect();
    let mut unknown: Vec<usize> = (0..frame.len()).filter(|i| !known[*i]).collect();
    for _ in 0..passes {
        let found = build(unknown.len(), |k| known_average(width, &pixels, &known, unknown[k]));
        if found.iter().all(Option::is_none) {
            break;
        }
        for (i, colour) in unknown.iter().zip(&found) {
            if let Some(colour) = colour {
                pixels[*i] = recoloured(pixels[*i], *colour);
                known[*i] = true;
            }
        }
        unknown.retain(|i| !known[*i]);
    }
    pixels
}

/// The mean colour of the known pixels among the eight around `i`.
fn known_average(width: usize, pixels: &[Pixel], known: &[bool], i: usize) -> Option<[f32; 3]> {
    let (x, y, height) = (i % width, i / width, pixels.len() / width);
    let mut sum = [0.0_f32; 3];
    let mut count = 0_u8;
    for v in y.saturating_sub(1)..=(y + 1).min(height - 1) {
        for u in x.saturating_sub(1)..=(x + 1).min(width - 1) {
            let j = v * width + u;
            if known[j] {
                count += 1;
                for (s, c) in sum.iter_mut().zip(pixels[j]) {
                    *s += c;
                }
            }
        }
    }
    (count > 0).then(|| sum.map(|s| s / f32::from(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(width: u32, height: u32, at: usize) -> Image {
        let fact = ImageFact::new(width, height, Alpha::Straight);
        let mut pixels = vec![[0.9, 0.9, 0.9, 0.0]; fact.len()];
        pixels[at] = [0.2, 0.4, 0.6, 0.5];
        Image::new(fact, pixels)
    }

    #[test]
    fn one_pass_of_dilation_reaches_one_pixel() {
        let image = dot(5, 5, 12);
        let out =
            bleed(&image, &Bleed { method: BleedMethod::Dilate, passes: 1, ..Bleed::default() });
        for (i, pixel) in out.pixels.iter().enumerate() {
            let near = (i % 5).abs_diff(2) <= 1 && (i / 5).abs_diff(2) <= 1;
            assert_eq!(pixel[0], if near { 0.2 } else { 0.9 }, "{i}");
            assert_eq!(pixel[3], image.pixels[i][3]);
        }
    }

    #[test]
    fn one_colour_fills_the_whole_picture() {
        for method in [BleedMethod::Nearest, BleedMethod::Pyramid] {
            let out = bleed(&dot(9, 4, 3), &Bleed { method, ..Bleed::default() });
            // The pyramid divides and multiplies by the dot's small share of the coarsest level.
            assert!(out.pixels.iter().all(|p| (p[2] - 0.6).abs() < 1e-5), "{method:?}");
        }
    }

    #[test]
    fn under_alpha_the_pyramid_changes_clear_colour_only() {
        let image = dot(9, 4, 3);
        let out = bleed_under_alpha(&image, &Bleed::default());
        assert_eq!(out.fact, image.fact);
        for (i, (p, q)) in out.pixels.iter().zip(image.pixels.iter()).enumerate() {
            assert_eq!(p[3], q[3]);
            // As in the opaque fill: rounding of the dot's share of the coarsest level.
            assert!(if i == 3 { p == q } else { (p[0] - 0.2).abs() < 1e-5 }, "{i}: {p:?}");
        }
        let clear = image.map(image.fact, |[r, g, b, _]| [r, g, b, 0.0]);
        assert_eq!(bleed_under_alpha(&clear, &Bleed::default()), clear);
    }

    #[test]
    fn solid_leaves_known_pixels_alone() {
        let solid =
            Bleed { method: BleedMethod::Solid, colour: [1.0, 0.0, 1.0], ..Bleed::default() };
        let out = bleed(&dot(3, 1, 1), &solid);
        assert_eq!(out.pixels[0], [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(out.pixels[1], [0.2, 0.4, 0.6, 0.5]);
        let none = bleed(&dot(3, 1, 1), &Bleed { above: 0.5, ..solid });
        assert_eq!(none.pixels[1], [1.0, 0.0, 1.0, 0.5]);
    }
}
