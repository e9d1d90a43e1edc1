//! Arithmetic on premultiplied values, one formula for all four channels, unlimited.

use std::marker::PhantomData;

use super::separable::Curve;
use super::span::{Formula, Limits, Source};
use crate::Pixel;

/// One channel's formula, of premultiplied source and backdrop.
pub(super) trait Arithmetic {
    fn channel(s: f32, b: f32) -> f32;
}

macro_rules! arithmetic {
    ($($name:ident = |$s:ident, $b:ident| $value:expr;)*) => {$(
        pub(super) struct $name;

        impl Arithmetic for $name {
            #[inline(always)]
            fn channel($s: f32, $b: f32) -> f32 {
                $value
            }
        }
    )*};
}

arithmetic! {
    Minus = |s, b| s - b;
    From = |s, b| b - s;
    Max = |s, b| s.max(b);
    Min = |s, b| s.min(b);
    Hypot = |s, b| (s * s + b * b).sqrt();
    Average = |s, b| (s + b) * 0.5;
    Difference = |s, b| (s - b).abs();
    Divide = |s, b| if b > SMALLEST_DIVISOR { s / b } else { 0.0 };
    Exclusion = |s, b| s + b - 2.0 * s * b;
    Geometric = |s, b| if s + b > SMALLEST_DIVISOR { 2.0 * s * b / (s + b) } else { 0.0 };
    Multiply = |s, b| if s < 0.0 && b < 0.0 { s } else { s * b };
    Screen = |s, b| if s <= 1.0 || b <= 1.0 { s + b - s * b } else { s.max(b) };
}

/// Below this a divisor counts as 0, so that a ratio of representable values stays finite.
const SMALLEST_DIVISOR: f32 = 1e-12;

/// The formula on all four channels.
pub(super) struct AllChannels<A>(PhantomData<A>);

impl<A: Arithmetic> Formula for AllChannels<A> {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, _: Limits) -> Pixel {
        let s = source.premultiplied;
        std::array::from_fn(|i| A::channel(s[i], b[i]))
    }
}

/// A blend curve on all four premultiplied channels, held to the limits.
pub(super) struct CurveOnAll<C>(PhantomData<C>);

impl<C: Curve> Formula for CurveOnAll<C> {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, limits: Limits) -> Pixel {
        let s = source.premultiplied;
        std::array::from_fn(|i| limits.hold(C::curve(b[i], s[i])))
    }
}

/// The formula on colour, where both pictures are present; alpha is their union.
pub(super) struct AlphaMasked<A>(PhantomData<A>);

impl<A: Arithmetic> Formula for AlphaMasked<A> {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, limits: Limits) -> Pixel {
        let s = source.premultiplied;
        if s[3] <= 0.0 {
            return b;
        }
        if b[3] <= 0.0 {
            return s;
        }
        let [r, g, bl, _] = AllChannels::<A>::pixel(source, b, limits);
        [r, g, bl, s[3] + b[3] - s[3] * b[3]]
    }
}

/// `A*as + B*(1-as)` with `A = (Cs, as)`.
pub(super) struct Matte;

impl Formula for Matte {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, _: Limits) -> Pixel {
        let [sr, sg, sb, sa] = source.premultiplied;
        let s = [sr, sg, sb, sa * sa];
        std::array::from_fn(|i| s[i] + b[i] * (1.0 - sa))
    }
}
