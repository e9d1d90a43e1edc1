//! Colour key: what is far enough from a colour is kept.

use super::keyed;
use crate::{Image, Matte};

/// A colour key by RGB distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourKey {
    /// The colour to remove, in the encoding of the image.
    pub colour: [f32; 3],
    /// Distance up to which a pixel is clear, 0 to 1.
    pub similarity: f32,
    /// Further distance over which it becomes solid; 0 is a hard cut.
    pub softness: f32,
}

impl Default for ColourKey {
    fn default() -> Self {
        Self { colour: [0.0, 1.0, 0.0], similarity: 0.2, softness: 0.1 }
    }
}

/// The matte `clamp((d - similarity) / softness)`, or `d > similarity` without softness, with
/// `d = sqrt((dr^2 + dg^2 + db^2) / 3)`.
pub fn colour_key(image: &Image, key: &ColourKey) -> Matte {
    keyed(image, |colour| {
        let distance = distance(colour, key.colour);
        if key.softness > 0.0 {
            ((distance - key.similarity) / key.softness).clamp(0.0, 1.0)
        } else {
            f32::from(distance > key.similarity)
        }
    })
}

/// Euclidean distance of two colours, 1 between black and white.
pub(crate) fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let [r, g, b] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    ((r * r + g * g + b * b) / 3.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    #[test]
    fn the_key_colour_is_clear_and_its_opposite_solid() {
        let image = Image::new(
            ImageFact::new(3, 1, Alpha::Opaque),
            vec![[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 1.0], [0.25, 0.75, 0.25, 1.0]],
        );
        let key = ColourKey { similarity: 0.15, softness: 0.2, ..ColourKey::default() };
        let matte = colour_key(&image, &key);
        assert_eq!(matte.values[..2], [0.0, 1.0]);
        // (0.25 - 0.15) / 0.2, to the rounding of one square root.
        assert!((matte.values[2] - 0.5).abs() < 1e-6);
    }
}
