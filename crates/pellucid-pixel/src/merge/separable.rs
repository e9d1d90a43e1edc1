//! Blend modes that treat each colour channel by itself (W3C Compositing and Blending 1, and
//! the curves of Photoshop, Krita and GIMP beyond it).

use super::span::{at_least, at_most};

/// How near a straight colour counts as the extreme itself: dividing a premultiplied colour by
/// its alpha can miss 1 by a few units in the last place, and some curves jump there.
const EXTREME: f32 = 1e-6;

/// `M(Cb, Cs)` of one channel, before it is limited to 0..1.
pub(super) trait Curve {
    fn curve(b: f32, s: f32) -> f32;
}

macro_rules! curves {
    ($($name:ident = |$b:ident, $s:ident| $value:expr;)*) => {$(
        pub(super) struct $name;

        impl Curve for $name {
            #[inline(always)]
            fn curve($b: f32, $s: f32) -> f32 {
                $value
            }
        }
    )*};
}

curves! {
    Multiply = |b, s| b * s;
    Screen = |b, s| b + s - b * s;
    Overlay = |b, s| hard_light(s, b);
    Darken = |b, s| at_most(b, s);
    Lighten = |b, s| at_least(b, s);
    ColorDodge = |b, s| if is_zero(b) { 0.0 } else if is_one(s) { 1.0 } else { b / (1.0 - s) };
    ColorBurn = |b, s| {
        if is_one(b) { 1.0 } else if is_zero(s) { 0.0 } else { 1.0 - (1.0 - b) / s }
    };
    HardLight = |b, s| hard_light(b, s);
    SoftLight = |b, s| soft_light(b, s);
    Difference = |b, s| (b - s).abs();
    Exclusion = |b, s| b + s - 2.0 * b * s;
    LinearBurn = |b, s| b + s - 1.0;
    LinearDodge = |b, s| b + s;
    LinearLight = |b, s| b + 2.0 * s - 1.0;
    VividLight = |b, s| vivid_light(b, s);
    PinLight = |b, s| if s <= 0.5 { at_most(b, 2.0 * s) } else { at_least(b, 2.0 * s - 1.0) };
    HardMix = |b, s| hard_mix(b, s);
    Subtract = |b, s| b - s;
    Divide = |b, s| {
        if !is_zero(s) { b / s } else if is_zero(b) { 0.0 } else { 1.0 }
    };
    GrainExtract = |b, s| b - s + 0.5;
    GrainMerge = |b, s| b + s - 0.5;
    Average = |b, s| (b + s) * 0.5;
    Negation = |b, s| 1.0 - (1.0 - b - s).abs();
    GeometricMean = |b, s| at_least(b * s, 0.0).sqrt();
    Parallel = |b, s| if b + s > EXTREME { 2.0 * b * s / (b + s) } else { 0.0 };
    Reflect = |b, s| reflect(b, s);
    Glow = |b, s| reflect(s, b);
    SoftLightPegtop = |b, s| (1.0 - b) * b * s + b * (1.0 - (1.0 - b) * (1.0 - s));
}

#[inline(always)]
fn is_zero(v: f32) -> bool {
    v <= EXTREME
}

#[inline(always)]
fn is_one(v: f32) -> bool {
    v >= 1.0 - EXTREME
}

#[inline(always)]
fn hard_light(b: f32, s: f32) -> f32 {
    if s <= 0.5 { b * 2.0 * s } else { 1.0 - (1.0 - b) * (2.0 - 2.0 * s) }
}

#[inline(always)]
fn soft_light(b: f32, s: f32) -> f32 {
    let dark = b - (1.0 - 2.0 * s) * b * (1.0 - b);
    let d = if b <= 0.25 { ((16.0 * b - 12.0) * b + 4.0) * b } else { at_least(b, 0.0).sqrt() };
    let light = b + (2.0 * s - 1.0) * (d - b);
    if s <= 0.5 { dark } else { light }
}

/// The source's extremes win over the backdrop's, unlike plain dodge and burn.
#[inline(always)]
fn vivid_light(b: f32, s: f32) -> f32 {
    if is_zero(s) {
        0.0
    } else if is_one(s) {
        1.0
    } else if s <= 0.5 {
        1.0 - (1.0 - b) / (2.0 * s)
    } else {
        b / (2.0 * (1.0 - s))
    }
}

#[inline(always)]
fn hard_mix(b: f32, s: f32) -> f32 {
    let over = b + s - 1.0;
    if over > EXTREME || (over >= -EXTREME && b > 0.5) { 1.0 } else { 0.0 }
}

#[inline(always)]
fn reflect(b: f32, s: f32) -> f32 {
    if is_one(s) { 1.0 } else { b * b / (1.0 - s) }
}
