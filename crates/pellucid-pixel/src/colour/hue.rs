//! Hue, saturation and lightness.

use super::oklab::{light_to_oklab, oklab_to_light};
use super::on_light;
use crate::Image;

/// A correction in the cylinder of Oklab (Oklch), where hue, chroma and lightness are close to what
/// an eye sees and changing one leaves the others. Results may leave 0 to 1: no gamut mapping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hue {
    /// Degrees added to the hue angle; 360 is a full turn, red to yellow to green.
    pub hue: f32,
    /// Factor of chroma; 0 is grey, negative values turn to the opposite hue.
    pub saturation: f32,
    /// Added to lightness, -1 to 1.
    pub lightness: f32,
}

impl Default for Hue {
    fn default() -> Self {
        Self { hue: 0.0, saturation: 1.0, lightness: 0.0 }
    }
}

/// Turns hue, scales chroma and shifts lightness.
pub fn hue_saturation_lightness(image: &Image, settings: &Hue) -> Image {
    if *settings == Hue::default() {
        return image.clone();
    }
    let (sin, cos) = settings.hue.to_radians().sin_cos();
    on_light(image, |light| {
        let [l, a, b] = light_to_oklab(light);
        let (a, b) = (a * cos - b * sin, a * sin + b * cos);
        let k = settings.saturation;
        oklab_to_light([l + settings.lightness, a * k, b * k])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn of(pixel: [f32; 4], settings: &Hue) -> [f32; 4] {
        let image = Image::new(ImageFact::new(1, 1, Alpha::Straight), vec![pixel]);
        hue_saturation_lightness(&image, settings).pixels[0]
    }

    #[test]
    fn no_saturation_is_grey_and_a_grey_has_no_hue() {
        let grey = of([0.7, 0.3, 0.2, 0.5], &Hue { saturation: 0.0, ..Hue::default() });
        // Matrices whose rows sum to 1 in eight digits, then the steep part of the curve.
        assert!((grey[0] - grey[1]).abs() < 1e-5 && (grey[1] - grey[2]).abs() < 1e-5);
        let turned = of([0.4, 0.4, 0.4, 1.0], &Hue { hue: 77.0, ..Hue::default() });
        assert!(turned[..3].iter().all(|v| (v - 0.4).abs() < 1e-5), "{turned:?}");
    }

    #[test]
    fn a_full_turn_is_where_it_began_and_a_third_of_red_is_green() {
        let colour = [0.7, 0.3, 0.2, 0.5];
        let full = of(colour, &Hue { hue: 360.0, ..Hue::default() });
        assert!((0..4).all(|c| (full[c] - colour[c]).abs() < 1e-5));
        let [r, g, b, _] = of([0.8, 0.2, 0.2, 1.0], &Hue { hue: 120.0, ..Hue::default() });
        assert!(g > r && g > b);
    }
}
