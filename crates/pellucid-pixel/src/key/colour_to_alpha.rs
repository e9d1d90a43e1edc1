//! Colour to alpha: the most transparent picture that looks the same over a colour.

use crate::colour::bounded;
use crate::{Alpha, Image, ImageFact};

/// Makes a colour (in the encoding of the image) transparent.
///
/// Per channel `a = (f - k) / (1 - k)` above `k`, `(k - f) / k` below; alpha is the greatest of the
/// three and `C = clamp((f - k) / a + k)`, so that the result over `k` is the picture. Alpha the
/// picture has is multiplied in. The result is straight; where it is clear its colour is `k`.
pub fn colour_to_alpha(image: &Image, key: [f32; 3]) -> Image {
    let fact = ImageFact { alpha: Alpha::Straight, ..image.fact };
    image.straight().map(fact, |[r, g, b, a]| {
        let colour = [r, g, b];
        let alpha = (0..3).fold(0.0, |most: f32, c| most.max(needed(colour[c], key[c])));
        if alpha <= 0.0 {
            return [key[0], key[1], key[2], 0.0];
        }
        let clean = |c: usize| bounded((colour[c] - key[c]) / alpha + key[c]).clamp(0.0, 1.0);
        [clean(0), clean(1), clean(2), alpha * a]
    })
}

/// The least alpha with which a channel in 0 to 1 over `k` gives `f`; at most 1.
fn needed(f: f32, k: f32) -> f32 {
    let alpha = if f > k {
        (f - k) / (1.0 - k)
    } else if f < k {
        (k - f) / k
    } else {
        0.0
    };
    // A key of 0 or 1 with a colour beyond it divides by 0 or changes sign: no alpha explains it,
    // so it is solid.
    if alpha >= 0.0 { alpha.min(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_over_the_key_is_the_picture() {
        let key = [0.2, 0.7, 0.4];
        let pixels: Vec<_> = (0..125)
            .map(|i| [(i % 5) as f32 / 4.0, (i / 5 % 5) as f32 / 4.0, (i / 25) as f32 / 4.0, 1.0])
            .collect();
        let image = Image::new(ImageFact::new(25, 5, Alpha::Opaque), pixels);
        let out = crate::alpha::backing::flattened(&colour_to_alpha(&image, key), key);
        for (p, q) in out.pixels.iter().zip(image.pixels.iter()) {
            // One division and one product apart.
            assert!(p.iter().zip(q).all(|(a, b)| (a - b).abs() < 1e-6), "{p:?} {q:?}");
        }
    }

    #[test]
    fn colours_out_of_range_are_solid() {
        let image = Image::new(
            ImageFact::new(2, 1, Alpha::Opaque),
            vec![[-0.5, 0.0, 0.0, 1.0], [2.0, 1.0, 1.0, 1.0]],
        );
        assert_eq!(colour_to_alpha(&image, [0.0; 3]).pixels[0][3], 1.0);
        assert_eq!(colour_to_alpha(&image, [1.0; 3]).pixels[1][3], 1.0);
    }
}
