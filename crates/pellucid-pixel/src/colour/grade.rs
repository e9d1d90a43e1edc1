//! The grade of film compositing, and exposure.

use super::{Colour, on_light, on_straight};
use crate::Image;

/// Nuke's Grade, per channel in the encoding of the image:
/// `t = (v - blackpoint) / (whitepoint - blackpoint)`,
/// `u = multiply (gain - lift) t + lift + offset`, then `u^(1/gamma)` for `u` in 0 to 1.
///
/// Gamma leaves negative values alone and goes on above 1 with the slope it has there,
/// `1 + (u - 1) / gamma`, so that highlights stay finite. Gamma is at least 1e-6. Where the two
/// points are equal, `t` is a step: 1 above the point, else 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grade {
    /// Value that becomes black.
    pub blackpoint: Colour,
    /// Value that becomes white.
    pub whitepoint: Colour,
    /// What black becomes.
    pub lift: Colour,
    /// What white becomes.
    pub gain: Colour,
    /// Factor.
    pub multiply: Colour,
    /// Summand.
    pub offset: Colour,
    /// Exponent `1/gamma`, above 0.
    pub gamma: Colour,
    /// Results below 0 become 0.
    pub black_clamp: bool,
    /// Results above 1 become 1.
    pub white_clamp: bool,
}

impl Default for Grade {
    fn default() -> Self {
        Self {
            blackpoint: [0.0; 3],
            whitepoint: [1.0; 3],
            lift: [0.0; 3],
            gain: [1.0; 3],
            multiply: [1.0; 3],
            offset: [0.0; 3],
            gamma: [1.0; 3],
            black_clamp: false,
            white_clamp: false,
        }
    }
}

/// Grades colour.
pub fn grade(image: &Image, grade: &Grade) -> Image {
    if *grade == Grade::default() {
        return image.clone();
    }
    on_straight(image, |colour| std::array::from_fn(|c| graded(grade, c, colour[c])))
}

fn graded(grade: &Grade, c: usize, v: f32) -> f32 {
    let (black, white) = (grade.blackpoint[c], grade.whitepoint[c]);
    let t = if black == white { f32::from(v > black) } else { (v - black) / (white - black) };
    let slope = grade.multiply[c] * (grade.gain[c] - grade.lift[c]);
    let u = with_gamma(slope * t + grade.lift[c] + grade.offset[c], grade.gamma[c]);
    let low = if grade.black_clamp { 0.0 } else { f32::MIN };
    let high = if grade.white_clamp { 1.0 } else { f32::MAX };
    u.max(low).min(high)
}

fn with_gamma(u: f32, gamma: f32) -> f32 {
    let exponent = 1.0 / gamma.max(1e-6);
    if exponent == 1.0 || u <= 0.0 {
        u
    } else if u < 1.0 {
        u.powf(exponent)
    } else {
        1.0 + (u - 1.0) * exponent
    }
}

/// Multiplies light by `2^stops`.
pub fn exposure(image: &Image, stops: f32) -> Image {
    if stops == 0.0 {
        return image.clone();
    }
    let factor = stops.exp2();
    on_light(image, |colour| colour.map(|v| v * factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, Encoding, ImageFact};

    fn one(v: f32) -> Image {
        Image::new(ImageFact::new(1, 1, Alpha::Opaque), vec![[v, v, v, 1.0]])
    }

    fn of(v: f32, settings: &Grade) -> f32 {
        grade(&one(v), settings).pixels[0][1]
    }

    #[test]
    fn points_lift_and_gain_are_where_they_say() {
        let settings = Grade {
            blackpoint: [0.1; 3],
            whitepoint: [0.9; 3],
            lift: [0.2; 3],
            gain: [0.8; 3],
            ..Grade::default()
        };
        // Ends and middle of a line, to f32 rounding.
        for (v, wanted) in [(0.1, 0.2), (0.9, 0.8), (0.5, 0.5)] {
            assert!((of(v, &settings) - wanted).abs() < 1e-6, "{v}");
        }
    }

    #[test]
    fn gamma_bends_the_middle_and_leaves_the_ends() {
        let settings = Grade { gamma: [2.0; 3], ..Grade::default() };
        assert_eq!(
            [-0.5, 0.0, 0.25, 1.0, 3.0].map(|v| of(v, &settings)),
            [-0.5, 0.0, 0.5, 1.0, 2.0]
        );
    }

    #[test]
    fn extreme_settings_stay_finite() {
        let wild = Grade {
            blackpoint: [0.5; 3],
            whitepoint: [0.5; 3],
            gain: [f32::MAX; 3],
            multiply: [f32::MAX; 3],
            gamma: [0.0; 3],
            ..Grade::default()
        };
        for v in [-1.0, 0.0, 0.5, 0.6, f32::MAX] {
            assert!(of(v, &wild).is_finite(), "{v}");
        }
    }

    #[test]
    fn a_stop_doubles_light_in_either_encoding() {
        let linear = one(0.2).encoded(Encoding::Linear);
        let brighter = exposure(&linear, 1.0);
        assert!((brighter.pixels[0][0] / linear.pixels[0][0] - 2.0).abs() < 1e-6);
        let encoded = exposure(&one(0.2), 1.0).encoded(Encoding::Linear);
        // Two transfer functions apart.
        assert!((encoded.pixels[0][0] - brighter.pixels[0][0]).abs() < 1e-6);
    }
}
