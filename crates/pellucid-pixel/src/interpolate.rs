//! Scaling as tensor libraries do it: every channel by itself, nothing weighted by alpha.
//!
//! Unlike [`resize`](crate::resize), a picture that shrinks is not smoothed first (but by
//! [`Scheme::Area`] and [`Scheme::Lanczos8Bit`]), and colour under alpha 0 counts as much as any
//! other. Networks are trained on pictures scaled like this.

mod lanczos;
mod taps;

use crate::raster::{image_frames, matte_frames};
use crate::resize::scale;
use crate::transform::Rect;
use crate::{Alpha, Image, ImageFact, Matte, MatteFact};
pub(crate) use taps::spread;

/// How values between pixels are found. Pixel centres lie at halves (`align_corners` is false).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Linear between the two nearest pixels.
    #[default]
    Bilinear,
    /// Cubic of four pixels with a = -0.75; overshoots at hard edges.
    Bicubic,
    /// The mean of all pixels that a new one touches, however little.
    Area,
    /// The pixel under the centre.
    NearestExact,
    /// The pixel under the top left corner.
    Nearest,
    /// Lanczos of three lobes, widened when shrinking, on values cut down to 8 bits, in fixed
    /// point and by alpha-weighted colour, as the Python imaging library does.
    Lanczos8Bit,
}

impl Scheme {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("bilinear", Self::Bilinear),
        ("bicubic", Self::Bicubic),
        ("area", Self::Area),
        ("nearest_exact", Self::NearestExact),
        ("nearest", Self::Nearest),
        ("lanczos_8bit", Self::Lanczos8Bit),
    ];

    /// True when a picture that keeps its size keeps its values too.
    pub fn keeps_values(self) -> bool {
        self != Self::Lanczos8Bit
    }
}

/// Scales an image to `width` by `height`, both at least 1.
///
/// The alpha state of the result is that of [`interpolate_fact`]. Values are not clamped.
pub fn interpolate(image: &Image, width: u32, height: u32, by: Scheme) -> Image {
    if image.fact.size() == (width, height) && by.keeps_values() {
        return image.clone();
    }
    let fact = interpolate_fact(&image.fact, width, height, by);
    let image = image.in_state(fact.alpha);
    let opaque = fact.alpha == Alpha::Opaque;
    if by == Scheme::Lanczos8Bit {
        return image_frames(&image, fact, |frame, out| {
            lanczos::picture(frame, !opaque, (width, height), out);
        });
    }
    let [x, y] = axes(image.fact.size(), (width, height), by);
    image_frames(&image, fact, |frame, out| {
        scale(frame, x.as_ref(), y.as_ref(), out, |row| {
            if opaque {
                row.iter_mut().for_each(|pixel| pixel[3] = 1.0);
            }
        });
    })
}

/// What [`interpolate`] returns: opaque as it was, else straight; as it was where nothing changes.
pub fn interpolate_fact(fact: &ImageFact, width: u32, height: u32, by: Scheme) -> ImageFact {
    let alpha = match fact.alpha {
        Alpha::Premultiplied if fact.size() != (width, height) || !by.keeps_values() => {
            Alpha::Straight
        }
        alpha => alpha,
    };
    ImageFact { width, height, alpha, ..*fact }
}

/// Scales a matte to `width` by `height`, both at least 1.
pub fn interpolate_matte(matte: &Matte, width: u32, height: u32, by: Scheme) -> Matte {
    if matte.fact.size() == (width, height) && by.keeps_values() {
        return matte.clone();
    }
    let fact = MatteFact { width, height, ..matte.fact };
    if by == Scheme::Lanczos8Bit {
        return matte_frames(matte, fact, |frame, out| {
            lanczos::plane(frame, (width, height), out);
        });
    }
    let [x, y] = axes(matte.fact.size(), (width, height), by);
    matte_frames(matte, fact, |frame, out| {
        scale(frame, x.as_ref(), y.as_ref(), out, |_| ());
    })
}

fn axes(from: (u32, u32), to: (u32, u32), by: Scheme) -> [Option<crate::resize::Taps>; 2] {
    [(from.0, to.0), (from.1, to.1)]
        .map(|(from, to)| (from != to).then(|| taps::taps(by, from as usize, to as usize)))
}

/// The largest rectangle around the centre of `from` with the proportions of `to`, as ComfyUI
/// cuts it: as much is cut off on both sides, rounded half to even. Nothing when that is all.
pub fn centre_crop(from: (u32, u32), to: (u32, u32)) -> Option<Rect> {
    let (width, height) = (f64::from(from.0), f64::from(from.1));
    let (old, new) = (width / height, f64::from(to.0) / f64::from(to.1));
    let cut = |side: f64, kept: f64| ((side - side * kept) / 2.0).round_ties_even() as i64;
    let x = if old > new { cut(width, new / old) } else { 0 };
    let y = if old < new { cut(height, old / new) } else { 0 };
    let (width, height) = (i64::from(from.0) - 2 * x, i64::from(from.1) - 2 * y);
    let some = width > 0 && height > 0;
    some.then_some(Rect { x, y, width: width as u32, height: height as u32 })
}

#[cfg(test)]
mod tests;
