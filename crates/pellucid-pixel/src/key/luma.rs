//! Luma key: brightness as a matte.

use super::{between, keyed, smooth};
use crate::{Encoding, Image, Matte};

/// How channels add up to brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LumaWeights {
    /// Rec. 601, 0.299/0.587/0.114, on sRGB-encoded values.
    Encoded,
    /// Rec. 709, 0.2126/0.7152/0.0722, on linear light.
    Linear,
}

impl LumaWeights {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("encoded", Self::Encoded), ("linear", Self::Linear)];

    /// The encoding the weights are meant for.
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Encoded => Encoding::Srgb,
            Self::Linear => Encoding::Linear,
        }
    }

    /// Brightness of a colour in [`encoding`](Self::encoding).
    pub fn luma(self, [r, g, b]: [f32; 3]) -> f32 {
        match self {
            Self::Encoded => 0.299 * r + 0.587 * g + 0.114 * b,
            Self::Linear => 0.2126 * r + 0.7152 * g + 0.0722 * b,
        }
    }
}

/// A key by brightness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LumaKey {
    /// Brightness up to which a pixel is clear.
    pub lo: f32,
    /// Brightness from which it is solid; at or below `lo` a hard cut.
    pub hi: f32,
    /// Smoothstep in place of a straight ramp.
    pub soft: bool,
    /// Dark pixels are kept in place of bright ones.
    pub invert: bool,
    /// How brightness is measured.
    pub weights: LumaWeights,
}

impl Default for LumaKey {
    fn default() -> Self {
        Self { lo: 0.0, hi: 1.0, soft: false, invert: false, weights: LumaWeights::Encoded }
    }
}

/// The matte `clamp((Y - lo) / (hi - lo))`.
pub fn luma_key(image: &Image, key: &LumaKey) -> Matte {
    let image = image.straight().encoded(key.weights.encoding());
    keyed(&image, |colour| {
        let ramp = between(key.lo, key.hi, key.weights.luma(colour));
        let kept = if key.soft { smooth(ramp) } else { ramp };
        if key.invert { 1.0 - kept } else { kept }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn greys() -> Image {
        let pixels = (0..=4).map(|i| i as f32 / 4.0).map(|v| [v, v, v, 1.0]).collect();
        Image::new(ImageFact::new(5, 1, Alpha::Opaque), pixels)
    }

    #[test]
    fn greys_are_their_own_matte() {
        let matte = luma_key(&greys(), &LumaKey::default());
        for (i, v) in matte.values.iter().enumerate() {
            // The three weights sum to 1 within f32 rounding.
            assert!((v - i as f32 / 4.0).abs() < 1e-6);
        }
        let key = LumaKey { lo: 0.25, hi: 0.75, soft: true, invert: true, ..LumaKey::default() };
        let soft = luma_key(&greys(), &key);
        for (got, wanted) in soft.values.iter().zip([1.0, 1.0, 0.5, 0.0, 0.0]) {
            assert!((got - wanted).abs() < 1e-6, "{got} {wanted}");
        }
    }

    #[test]
    fn linear_weights_measure_light_in_either_encoding() {
        let key = LumaKey { weights: LumaWeights::Linear, ..LumaKey::default() };
        let encoded = luma_key(&greys(), &key);
        let linear = luma_key(&greys().encoded(Encoding::Linear), &key);
        assert_eq!(encoded, linear);
        assert!((encoded.values[2] - crate::image::srgb_to_linear(0.5)).abs() < 1e-6);
    }
}
