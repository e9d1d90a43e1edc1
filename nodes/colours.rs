//! Colours of params on their way to pictures.

use pellucid_pixel::image::srgb_to_linear;
use pellucid_pixel::{Encoding, Pixel};

/// The words for the encoding that mathematics works in.
pub const SPACES: &[(&str, Encoding)] = &[("srgb", Encoding::Srgb), ("linear", Encoding::Linear)];

/// A straight, sRGB-encoded colour in the encoding of a picture.
pub fn colour_in(encoding: Encoding, [r, g, b, a]: Pixel) -> Pixel {
    match encoding {
        Encoding::Srgb => [r, g, b, a],
        Encoding::Linear => [srgb_to_linear(r), srgb_to_linear(g), srgb_to_linear(b), a],
    }
}
