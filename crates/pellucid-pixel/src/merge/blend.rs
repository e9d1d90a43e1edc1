//! How a blend function meets alpha.

use std::marker::PhantomData;

use super::separable::Curve;
use super::span::{Formula, Limits, Source, straight_colour};
use crate::Pixel;

/// `M(Cb, Cs)` of whole colours, before it is limited.
pub(super) trait Mix {
    fn mix(b: [f32; 3], s: [f32; 3]) -> [f32; 3];
}

/// A curve for each channel by itself.
pub(super) struct Separable<C>(PhantomData<C>);

impl<C: Curve> Mix for Separable<C> {
    #[inline(always)]
    fn mix(b: [f32; 3], s: [f32; 3]) -> [f32; 3] {
        std::array::from_fn(|i| C::curve(b[i], s[i]))
    }
}

/// Each picture alone where the other is not, the blend where both are.
pub(super) struct Blend<M>(PhantomData<M>);

impl<M: Mix> Formula for Blend<M> {
    #[inline(always)]
    fn pixel(source: Source, b: Pixel, limits: Limits) -> Pixel {
        let s = source.premultiplied;
        let mixed = M::mix(straight_colour(b), source.colour).map(|v| limits.hold(v));
        let both = s[3] * b[3];
        let colour = |i: usize| (1.0 - b[3]) * s[i] + (1.0 - s[3]) * b[i] + both * mixed[i];
        [colour(0), colour(1), colour(2), s[3] + b[3] - both]
    }
}
