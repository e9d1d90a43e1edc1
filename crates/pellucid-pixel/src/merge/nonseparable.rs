//! Blend modes that treat a colour as a whole (W3C Compositing and Blending 1, section 10.2).

use super::blend::Mix;

type Colour = [f32; 3];

macro_rules! mixes {
    ($($name:ident = |$b:ident, $s:ident| $value:expr;)*) => {$(
        pub(super) struct $name;

        impl Mix for $name {
            #[inline(always)]
            fn mix($b: Colour, $s: Colour) -> Colour {
                $value
            }
        }
    )*};
}

mixes! {
    Hue = |b, s| with_luminosity(with_saturation(s, saturation(b)), luminosity(b));
    Saturation = |b, s| with_luminosity(with_saturation(b, saturation(s)), luminosity(b));
    Color = |b, s| with_luminosity(s, luminosity(b));
    Luminosity = |b, s| with_luminosity(b, luminosity(s));
    DarkerColor = |b, s| if luminosity(s) < luminosity(b) { s } else { b };
    LighterColor = |b, s| if luminosity(s) > luminosity(b) { s } else { b };
}

/// Below this a range of channels counts as grey: it is less than one unit in the last place
/// of a middle grey, and dividing by it would only amplify rounding.
const GREY: f32 = 1e-7;

#[inline(always)]
fn luminosity([r, g, b]: Colour) -> f32 {
    0.3 * r + 0.59 * g + 0.11 * b
}

#[inline(always)]
fn least([r, g, b]: Colour) -> f32 {
    r.min(g).min(b)
}

#[inline(always)]
fn greatest([r, g, b]: Colour) -> f32 {
    r.max(g).max(b)
}

#[inline(always)]
fn saturation(c: Colour) -> f32 {
    greatest(c) - least(c)
}

/// Scales the channels so that the least is 0 and the greatest `s`; a grey becomes black.
#[inline(always)]
fn with_saturation(c: Colour, s: f32) -> Colour {
    let low = least(c);
    let range = greatest(c) - low;
    let scale = if range > GREY { s / range } else { 0.0 };
    c.map(|v| (v - low) * scale)
}

#[inline(always)]
fn with_luminosity(c: Colour, l: f32) -> Colour {
    let shift = l - luminosity(c);
    within_gamut(c.map(|v| v + shift))
}

/// Pulls channels outside 0..1 towards the luminosity ("ClipColor").
#[inline(always)]
fn within_gamut(c: Colour) -> Colour {
    let l = luminosity(c);
    let low = least(c);
    let high = greatest(c);
    let lift = if low < 0.0 && l - low > GREY { l / (l - low) } else { 1.0 };
    let c = c.map(|v| l + (v - l) * lift);
    let drop = if high > 1.0 && high - l > GREY { (1.0 - l) / (high - l) } else { 1.0 };
    c.map(|v| l + (v - l) * drop)
}
