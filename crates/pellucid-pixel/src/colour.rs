//! Colour correction.
//!
//! Everything here works on straight colour: a premultiplied image is divided by alpha, corrected
//! and multiplied again, and keeps its pixels of alpha 0 as they are (they have no straight
//! colour). Alpha, alpha state and encoding never change; a straight image keeps colour under alpha
//! 0, corrected like the rest. Nothing is clamped unless it says so. Settings that change nothing
//! return the picture bit for bit.

pub mod grade;
pub mod grey;
pub mod hue;
pub mod lab;
pub mod levels;
pub mod matching;
pub mod oklab;

pub use grade::{Grade, exposure, grade};
pub use grey::{GreyWeights, greyscale, invert};
pub use hue::{Hue, hue_saturation_lightness};
pub use lab::DeltaE;
pub use levels::{Levels, contrast, levels};
pub use matching::{MatchColour, MatchSpace, match_colour};

use crate::image::{linear_to_srgb, premultiply, srgb_to_linear, unpremultiply};
use crate::{Alpha, Encoding, Image, Pixel};

/// Straight colour.
pub type Colour = [f32; 3];

/// Maps the straight colour of every pixel, in the encoding of the image. Results that are not
/// finite become 0 (not a number) or the greatest finite value.
pub(crate) fn on_straight(image: &Image, f: impl Fn(Colour) -> Colour + Sync) -> Image {
    let apply = |[r, g, b, a]: Pixel| {
        let [r, g, b] = f([r, g, b]).map(bounded);
        [r, g, b, a]
    };
    match image.fact.alpha {
        Alpha::Premultiplied => image.map(image.fact, |pixel| {
            if pixel[3] > 0.0 { premultiply(apply(unpremultiply(pixel))) } else { pixel }
        }),
        Alpha::Straight | Alpha::Opaque => image.map(image.fact, apply),
    }
}

/// Maps the straight colour of every pixel in linear light; the encoding of the image is kept.
pub(crate) fn on_light(image: &Image, f: impl Fn(Colour) -> Colour + Sync) -> Image {
    match image.fact.encoding {
        Encoding::Linear => on_straight(image, f),
        Encoding::Srgb => {
            on_straight(image, |colour| f(colour.map(srgb_to_linear)).map(linear_to_srgb))
        }
    }
}

/// The nearest finite value; 0 for what is not a number.
pub(crate) fn bounded(v: f32) -> f32 {
    if v.is_nan() { 0.0 } else { v.clamp(f32::MIN, f32::MAX) }
}

/// A colour in linear light.
pub(crate) fn to_light(colour: Colour, encoding: Encoding) -> Colour {
    match encoding {
        Encoding::Linear => colour,
        Encoding::Srgb => colour.map(srgb_to_linear),
    }
}

/// A colour of linear light in an encoding.
pub(crate) fn from_light(colour: Colour, encoding: Encoding) -> Colour {
    match encoding {
        Encoding::Linear => colour,
        Encoding::Srgb => colour.map(linear_to_srgb),
    }
}
