//! The spread of alpha.

use crate::frames::sum_rows;
use crate::{Image, Matte};

/// The spread of alpha over all frames. The three fractions sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlphaStatistics {
    /// The least alpha.
    pub min: f64,
    /// The greatest alpha.
    pub max: f64,
    /// The mean alpha.
    pub mean: f64,
    /// Fraction of pixels at or below 0.
    pub clear: f64,
    /// Fraction of pixels between 0 and 1.
    pub soft: f64,
    /// Fraction of pixels at or above 1.
    pub solid: f64,
}

/// The spread of a picture's alpha.
pub fn alpha_statistics(image: &Image) -> AlphaStatistics {
    of(image.fact.width, image.pixels.len(), |i| image.pixels[i][3])
}

/// The spread of a matte.
pub fn matte_statistics(matte: &Matte) -> AlphaStatistics {
    of(matte.fact.width, matte.values.len(), |i| matte.values[i])
}

fn of(width: u32, len: usize, alpha: impl Fn(usize) -> f32 + Sync) -> AlphaStatistics {
    let [sum, clear, solid] = sum_rows(width, len, |i| {
        let a = alpha(i);
        [f64::from(a), f64::from(a <= 0.0), f64::from(a >= 1.0)]
    });
    let (min, max) = (0..len)
        .map(alpha)
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), a| (min.min(a), max.max(a)));
    let count = len as f64;
    AlphaStatistics {
        min: f64::from(min),
        max: f64::from(max),
        mean: sum / count,
        clear: clear / count,
        soft: (count - clear - solid) / count,
        solid: solid / count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    #[test]
    fn fractions_count_the_ends_exactly() {
        let matte = Matte::new(MatteFact::new(4, 1), vec![0.0, 0.5, 1.0, 1.0]);
        let wanted = AlphaStatistics {
            min: 0.0,
            max: 1.0,
            mean: 0.625,
            clear: 0.25,
            soft: 0.25,
            solid: 0.5,
        };
        assert_eq!(matte_statistics(&matte), wanted);
    }
}
