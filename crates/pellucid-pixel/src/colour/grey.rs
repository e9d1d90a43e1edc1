//! Greyscale and negative.

use super::{Colour, from_light, on_straight, to_light};
use crate::{Alpha, Encoding, Image};

/// How channels add up to grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GreyWeights {
    /// Rec. 709 luminance, 0.2126/0.7152/0.0722 of linear light.
    Luminance,
    /// Rec. 601 luma, 0.299/0.587/0.114 of sRGB-encoded values.
    Luma,
    /// The mean of the channels, in the encoding of the image.
    Average,
    /// The greatest channel.
    Max,
}

impl GreyWeights {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("luminance", Self::Luminance),
        ("luma", Self::Luma),
        ("average", Self::Average),
        ("max", Self::Max),
    ];

    /// The grey of a colour, in its encoding.
    pub fn grey(self, colour: Colour, encoding: Encoding) -> f32 {
        match self {
            Self::Luminance => {
                let [r, g, b] = to_light(colour, encoding);
                let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
                from_light([y; 3], encoding)[0]
            }
            Self::Luma => {
                let [r, g, b] = from_light(to_light(colour, encoding), Encoding::Srgb);
                let y = 0.299 * r + 0.587 * g + 0.114 * b;
                from_light(to_light([y; 3], Encoding::Srgb), encoding)[0]
            }
            Self::Average => (colour[0] + colour[1] + colour[2]) / 3.0,
            Self::Max => colour[0].max(colour[1]).max(colour[2]),
        }
    }
}

/// Makes all three channels grey.
pub fn greyscale(image: &Image, weights: GreyWeights) -> Image {
    on_straight(image, |colour| [weights.grey(colour, image.fact.encoding); 3])
}

/// The negative: `1 - v` of straight colour, which is `a - v` of premultiplied colour.
pub fn invert(image: &Image) -> Image {
    match image.fact.alpha {
        Alpha::Premultiplied => image.map(image.fact, |[r, g, b, a]| match a > 0.0 {
            true => [a - r, a - g, a - b, a],
            false => [r, g, b, a],
        }),
        Alpha::Straight | Alpha::Opaque => on_straight(image, |colour| colour.map(|v| 1.0 - v)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageFact;

    fn one(pixel: [f32; 4], alpha: Alpha) -> Image {
        Image::new(ImageFact::new(1, 1, alpha), vec![pixel])
    }

    #[test]
    fn a_grey_is_its_own_grey_with_all_weights() {
        for (name, weights) in GreyWeights::NAMES {
            for encoding in [Encoding::Srgb, Encoding::Linear] {
                // Up to four transfer functions apart.
                assert!((weights.grey([0.4; 3], encoding) - 0.4).abs() < 1e-6, "{name}");
            }
        }
    }

    #[test]
    fn luminance_is_measured_in_light() {
        let image = one([1.0, 0.0, 0.0, 0.5], Alpha::Straight);
        let grey = greyscale(&image, GreyWeights::Luminance).pixels[0];
        assert!((grey[0] - crate::image::linear_to_srgb(0.2126)).abs() < 1e-6);
        assert_eq!((grey[0], grey[3]), (grey[2], 0.5));
    }

    #[test]
    fn a_negative_of_a_premultiplied_picture_is_that_of_its_colour() {
        let image = one([0.25, 0.5, 0.0, 0.5], Alpha::Premultiplied);
        assert_eq!(invert(&image).pixels[0], [0.25, 0.0, 0.5, 0.5]);
        assert_eq!(invert(&image.straight()).premultiplied(), invert(&image));
        let clear = one([0.1, 0.2, 0.3, 0.0], Alpha::Straight);
        assert_eq!(invert(&clear).pixels[0], [0.9, 0.8, 0.7, 0.0]);
    }
}
