//! Porter and Duff's operators: two factors, the same for colour and alpha.

use super::span::{Formula, Limits, Source, at_least, at_most};
use crate::Pixel;

/// The share of source and of backdrop, from their alphas.
pub(super) trait Factors {
    fn factors(source: f32, backdrop: f32) -> (f32, f32);
}

impl<T: Factors> Formula for T {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, _: Limits) -> Pixel {
        let s = source.premultiplied;
        let (fs, fb) = T::factors(s[3], b[3]);
        std::array::from_fn(|i| fs * s[i] + fb * b[i])
    }
}

macro_rules! operators {
    ($($name:ident = |$s:pat_param, $b:pat_param| $factors:expr;)*) => {$(
        pub(super) struct $name;

        impl Factors for $name {
            #[inline(always)]
            fn factors($s: f32, $b: f32) -> (f32, f32) {
                $factors
            }
        }
    )*};
}

operators! {
    Over = |s, _| (1.0, 1.0 - s);
    Clear = |_, _| (0.0, 0.0);
    Copy = |_, _| (1.0, 0.0);
    Keep = |_, _| (0.0, 1.0);
    Under = |_, b| (1.0 - b, 1.0);
    In = |_, b| (b, 0.0);
    Mask = |s, _| (0.0, s);
    Out = |_, b| (1.0 - b, 0.0);
    Stencil = |s, _| (0.0, 1.0 - s);
    Atop = |s, b| (b, 1.0 - s);
    DstAtop = |s, b| (1.0 - b, s);
    Xor = |s, b| (1.0 - b, 1.0 - s);
    DisjointOver = |s, b| (1.0, if b > 0.0 { at_most((1.0 - s) / b, 1.0) } else { 1.0 });
    ConjointOver = |s, b| (1.0, if b > 0.0 { at_least(1.0 - s / b, 0.0) } else { 1.0 });
}

/// The sum: the one operator that is held to the limits, alpha included.
pub(super) struct Plus;

impl Formula for Plus {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, limits: Limits) -> Pixel {
        let s = source.premultiplied;
        std::array::from_fn(|i| limits.hold(s[i] + b[i]))
    }
}
