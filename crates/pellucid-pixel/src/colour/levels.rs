//! Levels and contrast.

use super::on_straight;
use crate::Image;

/// Photoshop's Levels, alike for all channels in the encoding of the image:
/// `t = clamp((v - in_lo) / (in_hi - in_lo))`, `v' = out_lo + t^(1/gamma) (out_hi - out_lo)`.
///
/// Where `in_hi` is not above `in_lo`, `t` is a step at `in_hi`. Gamma is at least 1e-6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Value that becomes `out_lo`.
    pub in_lo: f32,
    /// Value that becomes `out_hi`.
    pub in_hi: f32,
    /// Above 1 brightens the middle.
    pub gamma: f32,
    /// The darkest result.
    pub out_lo: f32,
    /// The brightest result.
    pub out_hi: f32,
}

impl Default for Levels {
    fn default() -> Self {
        Self { in_lo: 0.0, in_hi: 1.0, gamma: 1.0, out_lo: 0.0, out_hi: 1.0 }
    }
}

/// Applies levels to colour. The default settings do not even clamp.
pub fn levels(image: &Image, levels: &Levels) -> Image {
    if *levels == Levels::default() {
        return image.clone();
    }
    let exponent = 1.0 / levels.gamma.max(1e-6);
    on_straight(image, |colour| {
        colour.map(|v| {
            let t = crate::key::between(levels.in_lo, levels.in_hi, v);
            let t = if exponent == 1.0 { t } else { t.powf(exponent) };
            levels.out_lo + t * (levels.out_hi - levels.out_lo)
        })
    })
}

/// Scales the distance of every channel from a pivot, in the encoding of the image:
/// `(v - pivot) contrast + pivot`. 1 changes nothing.
pub fn contrast(image: &Image, contrast: f32, pivot: f32) -> Image {
    if contrast == 1.0 {
        return image.clone();
    }
    on_straight(image, |colour| colour.map(|v| (v - pivot) * contrast + pivot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn row(values: &[f32]) -> Image {
        let pixels = values.iter().map(|v| [*v, *v, *v, 1.0]).collect();
        Image::new(ImageFact::new(values.len() as u32, 1, Alpha::Opaque), pixels)
    }

    fn reds(image: &Image) -> Vec<f32> {
        image.pixels.iter().map(|p| p[0]).collect()
    }

    #[test]
    fn inputs_map_to_outputs_and_gamma_bends_between() {
        let settings = Levels { in_lo: 0.25, in_hi: 0.75, gamma: 1.0, out_lo: 0.5, out_hi: 1.0 };
        assert_eq!(
            reds(&levels(&row(&[0.0, 0.25, 0.5, 0.75, 1.0]), &settings)),
            [0.5, 0.5, 0.75, 1.0, 1.0]
        );
        let bent = Levels { gamma: 2.0, ..Levels::default() };
        assert_eq!(reds(&levels(&row(&[0.0, 0.25, 1.0]), &bent)), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn contrast_turns_about_its_pivot() {
        assert_eq!(reds(&contrast(&row(&[0.25, 0.5, 0.75]), 2.0, 0.5)), [0.0, 0.5, 1.0]);
    }
}
