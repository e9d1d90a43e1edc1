//! Contrast of alpha: what is nearly clear becomes clear, what is nearly solid becomes solid.

use super::with_alpha;
use crate::{Image, Matte};

/// `a' = clamp((a - lo) / (hi - lo))^gamma`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlphaLevels {
    /// Alpha that becomes 0.
    pub lo: f32,
    /// Alpha that becomes 1; at or below `lo`, alpha is cut in two at `hi`.
    pub hi: f32,
    /// Exponent, above 0; at or below 0, every alpha above `lo` becomes solid.
    pub gamma: f32,
}

impl Default for AlphaLevels {
    fn default() -> Self {
        Self { lo: 0.02, hi: 0.98, gamma: 1.0 }
    }
}

impl AlphaLevels {
    /// The levels that return every picture as it is.
    pub const IDENTITY: Self = Self { lo: 0.0, hi: 1.0, gamma: 1.0 };

    /// One alpha, 0 to 1.
    pub fn apply(&self, alpha: f32) -> f32 {
        let t = if self.hi > self.lo {
            ((alpha - self.lo) / (self.hi - self.lo)).clamp(0.0, 1.0)
        } else {
            f32::from(alpha >= self.hi)
        };
        if self.gamma == 1.0 || t == 0.0 { t } else { t.powf(self.gamma.max(0.0)) }
    }
}

/// Applies levels to alpha. Straight colour is unchanged; an opaque image becomes straight.
pub fn alpha_levels(image: &Image, levels: &AlphaLevels) -> Image {
    if *levels == AlphaLevels::IDENTITY {
        return image.clone();
    }
    with_alpha(image, |i| levels.apply(image.pixels[i][3]))
}

/// Applies levels to a matte.
pub fn matte_levels(matte: &Matte, levels: &AlphaLevels) -> Matte {
    if *levels == AlphaLevels::IDENTITY {
        return matte.clone();
    }
    matte.map(|v| levels.apply(v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    #[test]
    fn ends_are_pulled_and_straight_colour_is_kept() {
        let fact = ImageFact::new(4, 1, Alpha::Straight);
        let colour = |a: f32| [0.1, 0.5, 0.9, a];
        let image = Image::new(fact, vec![colour(0.01), colour(0.5), colour(0.99), colour(0.0)]);
        let out = alpha_levels(&image, &AlphaLevels::default());
        let alphas: Vec<f32> = out.pixels.iter().map(|p| p[3]).collect();
        assert_eq!([alphas[0], alphas[2], alphas[3]], [0.0, 1.0, 0.0]);
        // 0.02 and 0.98 are not exact in f32, so the middle is half a unit off.
        assert!((alphas[1] - 0.5).abs() < 1e-6);
        assert!(out.pixels.iter().all(|p| p[..3] == [0.1, 0.5, 0.9]));
    }

    #[test]
    fn premultiplied_colour_follows_its_alpha() {
        let fact = ImageFact::new(1, 1, Alpha::Premultiplied);
        let image = Image::new(fact, vec![[0.25, 0.5, 0.0, 0.5]]);
        let out = alpha_levels(&image, &AlphaLevels { lo: 0.0, hi: 0.5, gamma: 1.0 });
        assert_eq!(out.pixels[0], [0.5, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn equal_ends_cut_alpha_in_two() {
        let cut = AlphaLevels { lo: 0.5, hi: 0.5, gamma: 2.0 };
        assert_eq!([0.49, 0.5, 0.51].map(|a| cut.apply(a)), [0.0, 1.0, 1.0]);
        let flat = AlphaLevels { gamma: 0.0, ..AlphaLevels::IDENTITY };
        assert_eq!([0.0, 0.1, 1.0].map(|a| flat.apply(a)), [0.0, 1.0, 1.0]);
    }
}
