//! The inner loop that all modes share: a span of backdrop, met in place by a span of source.

use crate::Pixel;

/// Merges source pixels, scaled by one weight each, onto premultiplied backdrop pixels of the
/// same number, in place.
pub(crate) type SpanFn = fn(&mut [Pixel], &[Pixel], &[f32], Limits);

/// Where a blend function's value is held before it is mixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub low: f32,
    pub high: f32,
}

impl Limits {
    pub(crate) const UNIT: Self = Self { low: 0.0, high: 1.0 };
    pub(crate) const NONE: Self = Self { low: f32::MIN, high: f32::MAX };

    #[inline(always)]
    pub(super) fn hold(self, v: f32) -> f32 {
        at_most(at_least(v, self.low), self.high)
    }
}

/// A source pixel after opacity and mask.
#[derive(Clone, Copy)]
pub(super) struct Source {
    /// `S` and `as`.
    pub premultiplied: Pixel,
    /// `Cs`, which opacity and mask leave alone.
    pub colour: [f32; 3],
}

/// One mode's mathematics for one pixel.
pub(super) trait Formula {
    fn pixel(source: Source, backdrop: Pixel, limits: Limits) -> Pixel;
}

/// How source pixels are stored.
pub(super) trait Form {
    fn weigh(pixel: Pixel, weight: f32) -> Source;
}

pub(super) struct Straight;

pub(super) struct Premultiplied;

impl Form for Straight {
    #[inline(always)]
    fn weigh([r, g, b, a]: Pixel, weight: f32) -> Source {
        let a = a * weight;
        Source { premultiplied: [r * a, g * a, b * a, a], colour: [r, g, b] }
    }
}

impl Form for Premultiplied {
    #[inline(always)]
    fn weigh(pixel: Pixel, weight: f32) -> Source {
        Source { premultiplied: pixel.map(|v| v * weight), colour: straight_colour(pixel) }
    }
}

/// Runs `F` over a span, with the widest vectors the machine has. The bits do not depend on
/// the width: nothing is fused or reordered.
pub(super) fn span<F: Formula, S: Form>(
    backdrop: &mut [Pixel],
    source: &[Pixel],
    weights: &[f32],
    limits: Limits,
) {
    pulp::Arch::new().dispatch(|| {
        for ((b, s), w) in backdrop.iter_mut().zip(source).zip(weights) {
            *b = F::pixel(S::weigh(*s, *w), *b, limits);
        }
    });
}

/// A premultiplied pixel's own colour; 0 where it has none. Bounded, so that light without
/// coverage cannot make a blend function infinite.
#[inline(always)]
pub(super) fn straight_colour([r, g, b, a]: Pixel) -> [f32; 3] {
    const BRIGHTEST: f32 = 1e6;
    [r, g, b].map(|v| {
        let ratio = if a > 0.0 { v / a } else { 0.0 };
        at_most(at_least(ratio, -BRIGHTEST), BRIGHTEST)
    })
}

/// The larger, as one machine instruction (`f32::max` takes three to honour NaN).
#[inline(always)]
pub(super) fn at_least(v: f32, low: f32) -> f32 {
    if v > low { v } else { low }
}

/// The smaller, as one machine instruction.
#[inline(always)]
pub(super) fn at_most(v: f32, high: f32) -> f32 {
    if v < high { v } else { high }
}
