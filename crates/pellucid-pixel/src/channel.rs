//! One channel of a picture as a matte, and a matte as a picture.

use rayon::prelude::*;

use crate::frames::build;
use crate::image::unpremultiply;
use crate::{Alpha, Encoding, Image, ImageFact, Matte, MatteFact, Pixel};

/// What a matte is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Opacity.
    #[default]
    Alpha,
    /// The first colour.
    Red,
    /// The second colour.
    Green,
    /// The third colour.
    Blue,
    /// `0.2126 R + 0.7152 G + 0.0722 B` (Rec. 709) of the values as they are encoded.
    Luminance,
}

impl Channel {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("alpha", Self::Alpha),
        ("red", Self::Red),
        ("green", Self::Green),
        ("blue", Self::Blue),
        ("luminance", Self::Luminance),
    ];

    fn of(self, [r, g, b, a]: Pixel) -> f32 {
        match self {
            Self::Alpha => a,
            Self::Red => r,
            Self::Green => g,
            Self::Blue => b,
            Self::Luminance => 0.2126 * r + 0.7152 * g + 0.0722 * b,
        }
    }
}

/// A channel of an image, held to 0..1. Colour is read straight, whatever alpha is.
pub fn read_channel(image: &Image, channel: Channel) -> Matte {
    let ImageFact { width, height, batch, .. } = image.fact;
    let divide = image.fact.alpha == Alpha::Premultiplied && channel != Channel::Alpha;
    let pixels = image.pixels.par_iter().with_min_len(16384);
    let values = pixels.map(|pixel| {
        let pixel = if divide { unpremultiply(*pixel) } else { *pixel };
        channel.of(pixel).clamp(0.0, 1.0)
    });
    Matte::new(MatteFact { width, height, batch }, values.collect())
}

/// 1 where the 8-bit colour of a picture is exactly the one given, else 0. Straight colour is held
/// to 0..1 and rounded half to even.
pub fn matte_from_colour(image: &Image, colour: [u8; 3]) -> Matte {
    let ImageFact { width, height, batch, .. } = image.fact;
    let straight = image.straight();
    let code = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round_ties_even() as u8;
    let values = build(image.pixels.len(), |i| {
        let [r, g, b, _] = straight.pixels[i];
        f32::from(u8::from([code(r), code(g), code(b)] == colour))
    });
    Matte::new(MatteFact { width, height, batch }, values)
}

/// A matte as an opaque grey picture, sRGB-encoded: 0 is black, 1 is white.
pub fn grey_image(matte: &Matte) -> Image {
    image_of(matte, Alpha::Opaque, |value| [value, value, value, 1.0])
}

/// A picture of one straight, sRGB-encoded colour whose alpha is the matte times the colour's.
pub fn colour_image(matte: &Matte, [r, g, b, a]: Pixel) -> Image {
    image_of(matte, Alpha::Straight, |value| [r, g, b, a * value])
}

fn image_of(matte: &Matte, alpha: Alpha, f: impl Fn(f32) -> Pixel + Sync) -> Image {
    let MatteFact { width, height, batch } = matte.fact;
    let fact = ImageFact { width, height, batch, alpha, encoding: Encoding::Srgb };
    let pixels = matte.values.par_iter().with_min_len(4096).map(|value| f(*value));
    Image::new(fact, pixels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_read_straight_in_every_state() {
        let straight =
            Image::new(ImageFact::new(1, 1, Alpha::Straight), vec![[0.25, 0.5, 0.75, 0.5]]);
        for image in [straight.premultiplied(), straight] {
            let read = |channel| read_channel(&image, channel).values[0];
            assert_eq!([read(Channel::Red), read(Channel::Green)], [0.25, 0.5]);
            assert_eq!([read(Channel::Blue), read(Channel::Alpha)], [0.75, 0.5]);
        }
    }

    #[test]
    fn the_luminance_of_a_grey_matte_picture_is_the_matte() {
        let matte = Matte::new(MatteFact::new(3, 1), vec![0.0, 0.375, 1.0]);
        let back = read_channel(&grey_image(&matte), Channel::Luminance);
        // The three weights add up to 1 but for rounding.
        assert!(back.values.iter().zip(&*matte.values).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(
            read_channel(&colour_image(&matte, [0.1, 0.2, 0.3, 1.0]), Channel::Alpha),
            matte
        );
    }

    #[test]
    fn a_colour_is_met_by_its_code_alone() {
        let pixel = |red: f32| [red, 0.0, 1.2, 0.5];
        // 127.5 is rounded to 128, 126.5 to 126.
        let reds = [127.5, 128.4, 128.6, 126.5].map(|code: f32| pixel(code / 255.0));
        let image = Image::new(ImageFact::new(4, 1, Alpha::Straight), reds.to_vec());
        assert_eq!(*matte_from_colour(&image, [128, 0, 255]).values, [1.0, 1.0, 0.0, 0.0]);
    }
}
