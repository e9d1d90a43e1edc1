//! Taking a known backing out of a picture.

use crate::colour::bounded;
use crate::frames::{Mismatch, build, image_frame, image_shape, meeting_batch};
use crate::key::colour_to_alpha;
use crate::{Alpha, Image, ImageFact};

/// The backing a picture without alpha was made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backing {
    /// Light on black: glows, fire, smoke.
    Black,
    /// Ink on white: drawings, shadows.
    White,
}

impl Backing {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("black", Self::Black), ("white", Self::White)];
}

/// Takes a solid backing out of the colour of a cut-out whose alpha is right:
/// `C' = clamp((C - (1 - a) backing) / a)`.
///
/// The picture's stored colour is taken for straight colour that still has the backing in it (a
/// premultiplied image is one over black, so it is made straight first and then treated so).
/// The result is straight; pixels of alpha 0 are kept as they are.
pub fn remove_matte(image: &Image, backing: [f32; 3]) -> Image {
    let image = image.straight();
    image.map(image.fact, |[r, g, b, a]| {
        if a <= 0.0 {
            return [r, g, b, a];
        }
        let clean = |c: f32, k: f32| bounded((c - (1.0 - a) * k) / a).clamp(0.0, 1.0);
        [clean(r, backing[0]), clean(g, backing[1]), clean(b, backing[2]), a]
    })
}

/// Finds alpha in a picture made over black or white: the least alpha that explains it, with the
/// colour that does. Over black `a = max(r, g, b)`, `C = c / a`; over white `a = 1 - min(r, g, b)`,
/// `C = (c - (1 - a)) / a`.
///
/// Any alpha of the picture is first flattened on the backing. The result is straight; where alpha
/// is 0 colour is the backing.
pub fn unmult(image: &Image, backing: Backing) -> Image {
    let k = match backing {
        Backing::Black => 0.0,
        Backing::White => 1.0,
    };
    let image = image.premultiplied();
    let fact = ImageFact { alpha: Alpha::Straight, ..image.fact };
    image.map(fact, |[r, g, b, a]| {
        let flat = [r, g, b].map(|c| (c + (1.0 - a) * k).clamp(0.0, 1.0));
        let alpha = flat.iter().fold(0.0, |most: f32, c| most.max((c - k).abs()));
        if alpha <= 0.0 {
            return [k, k, k, 0.0];
        }
        let [r, g, b] = flat.map(|c| ((c - k) / alpha + k).clamp(0.0, 1.0));
        [r, g, b, alpha]
    })
}

/// [`unmult`] over any solid colour, given in the encoding of the image: alpha is the greatest over
/// the channels of `(c - k) / (1 - k)` above the backing `k` and `(k - c) / k` below it.
pub fn unmult_colour(image: &Image, backing: [f32; 3]) -> Image {
    colour_to_alpha(&flattened(image, backing), backing)
}

/// The exact cut-out of a thing seen on black and on white (two-background triangulation, Smith
/// and Blinn 1996): `a = clamp(1 - mean(W - K))`, premultiplied colour `K`.
///
/// Both pictures are taken as opaque, in the encoding of the first.
///
/// # Errors
/// When sizes or batches differ.
pub fn triangulate(on_black: &Image, on_white: &Image) -> Result<Image, Mismatch> {
    let batch = meeting_batch(image_shape(on_black), image_shape(on_white))?;
    let white = on_white.premultiplied().encoded(on_black.fact.encoding);
    let black = on_black.premultiplied();
    let len = black.fact.frame_len();
    let fact = ImageFact { batch, alpha: Alpha::Premultiplied, ..black.fact };
    let pixels = build(fact.len(), |i| {
        let frame = (i / len) as u32;
        let k = image_frame(&black, frame)[i % len];
        let w = image_frame(&white, frame)[i % len];
        let gap = (w[0] - k[0]) + (w[1] - k[1]) + (w[2] - k[2]);
        let alpha = (1.0 - gap / 3.0).clamp(0.0, 1.0);
        let colour = |c: f32| if alpha > 0.0 { c } else { 0.0 };
        [colour(k[0]), colour(k[1]), colour(k[2]), alpha]
    });
    Ok(Image::new(fact, pixels))
}

/// The picture over a solid colour, as an opaque picture.
pub(crate) fn flattened(image: &Image, backing: [f32; 3]) -> Image {
    let fact = ImageFact { alpha: Alpha::Opaque, ..image.fact };
    image.premultiplied().map(fact, |[r, g, b, a]| {
        let over = |c: f32, k: f32| c + (1.0 - a) * k;
        [over(r, backing[0]), over(g, backing[1]), over(b, backing[2]), 1.0]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alpha::with_alpha;

    fn ramp() -> Image {
        let pixels = (0..=10).map(|i| [0.8, 0.1 * i as f32, 0.25, i as f32 / 10.0]).collect();
        Image::new(ImageFact::new(11, 1, Alpha::Straight), pixels)
    }

    #[test]
    fn what_was_flattened_comes_back_clean() {
        let image = ramp();
        let backing = [1.0, 1.0, 0.5];
        let dirty = flattened(&image, backing);
        let cut = with_alpha(&dirty, |i| image.pixels[i][3]);
        let out = remove_matte(&cut, backing);
        for (p, q) in out.pixels.iter().zip(image.pixels.iter()).skip(1) {
            // Dividing by an alpha of 0.1 magnifies f32 rounding of about 6e-8 tenfold.
            assert!(p.iter().zip(q).all(|(a, b)| (a - b).abs() < 2e-6), "{p:?} {q:?}");
        }
    }

    #[test]
    fn unmult_explains_the_picture_it_was_given() {
        for (backing, k) in [(Backing::Black, 0.0), (Backing::White, 1.0)] {
            let flat = flattened(&ramp(), [k; 3]);
            let again = flattened(&unmult(&flat, backing), [k; 3]);
            for (p, q) in flat.pixels.iter().zip(again.pixels.iter()) {
                // One division and one product, so a few ulp of 1.
                assert!(p.iter().zip(q).all(|(a, b)| (a - b).abs() < 5e-7), "{p:?} {q:?}");
            }
        }
    }

    #[test]
    fn unmult_over_any_colour_agrees_with_black_and_white() {
        for (backing, k) in [(Backing::Black, 0.0), (Backing::White, 1.0)] {
            let (any, fixed) = (unmult_colour(&ramp(), [k; 3]), unmult(&ramp(), backing));
            for (p, q) in any.pixels.iter().zip(fixed.pixels.iter()) {
                // The same quotients in another order, a few ulp of 1.
                assert!(p.iter().zip(q).all(|(a, b)| (a - b).abs() < 1e-6), "{p:?} {q:?}");
            }
        }
    }

    #[test]
    fn two_backings_give_the_exact_cut_out() {
        let image = ramp();
        let out = triangulate(&flattened(&image, [0.0; 3]), &flattened(&image, [1.0; 3])).unwrap();
        for (p, q) in out.pixels.iter().zip(image.premultiplied().pixels.iter()) {
            // Three sums and a third, so a few ulp of 1.
            assert!(p.iter().zip(q).all(|(a, b)| (a - b).abs() < 5e-7), "{p:?} {q:?}");
        }
    }
}
