//! Spans on their way into and out of the inner loops: form, encoding, emptiness, chance.

use std::ops::Range;

use super::Kernel;
use super::span::{Limits, straight_colour};
use crate::image::{linear_to_srgb, premultiply, srgb_to_linear};
use crate::{Alpha, Encoding, Pixel};

/// Pixels handled at a time: what is read and written of one span stays in the nearest cache.
pub(crate) const SPAN: usize = 512;

/// Source pixels of one span and how they are stored.
#[derive(Clone, Copy)]
pub(crate) struct Span<'a> {
    pub pixels: &'a [Pixel],
    pub straight: bool,
}

impl<'a> Span<'a> {
    /// Source pixels in the encoding of the mathematics. `scratch` is used, and must be as
    /// long, where they are not already.
    pub(crate) fn new(
        pixels: &'a [Pixel],
        alpha: Alpha,
        (from, to): (Encoding, Encoding),
        scratch: &'a mut [Pixel],
    ) -> Self {
        let straight = alpha != Alpha::Premultiplied;
        if from == to {
            return Self { pixels, straight };
        }
        let curve = transfer(to);
        for (out, pixel) in scratch.iter_mut().zip(pixels) {
            *out = converted(*pixel, straight, curve);
        }
        Self { pixels: scratch, straight: true }
    }

    /// Merges the span onto a backdrop of the same length.
    pub(crate) fn onto(self, backdrop: &mut [Pixel], weights: &[f32], loops: Loops) {
        let run = if self.straight { loops.kernel.straight } else { loops.kernel.premultiplied };
        if !loops.skips_clear {
            return run(backdrop, self.pixels, weights, loops.limits);
        }
        self.for_each_present(|range| {
            let (source, weights) = (&self.pixels[range.clone()], &weights[range.clone()]);
            run(&mut backdrop[range], source, weights, loops.limits);
        });
    }

    /// Every pixel wholly solid, with a chance of its weighted alpha, or else wholly clear.
    /// The chance is drawn from position and seed alone.
    pub(crate) fn dissolved<'b>(
        self,
        weights: &[f32],
        (x, y): (usize, usize),
        seed: u64,
        scratch: &'b mut [Pixel],
    ) -> Span<'b> {
        for (i, ((out, pixel), weight)) in
            scratch.iter_mut().zip(self.pixels).zip(weights).enumerate()
        {
            let [r, g, b, a] = straight_pixel(*pixel, self.straight);
            let solid = chance(x + i, y, seed) < a * weight;
            *out = if solid { [r, g, b, 1.0] } else { [0.0; 4] };
        }
        Span { pixels: scratch, straight: true }
    }

    /// Calls `f` with the stretches that are not clear, in whole steps.
    fn for_each_present(self, mut f: impl FnMut(Range<usize>)) {
        let mut steps = presence(self.pixels, self.straight);
        let mut start = 0;
        while steps != 0 {
            let clear = steps.trailing_zeros() as usize;
            steps >>= clear;
            let present = steps.trailing_ones() as usize;
            steps = steps.checked_shr(present as u32).unwrap_or(0);
            start += clear * STEP;
            f(start..self.pixels.len().min(start + present * STEP));
            start += present * STEP;
        }
    }
}

/// Pixels that are looked at together for being clear.
const STEP: usize = 16;

/// One bit for each step of a span, set where the step is not clear.
fn presence(pixels: &[Pixel], straight: bool) -> u32 {
    const { assert!(SPAN / STEP == u32::BITS as usize) };
    let keep = if straight { [0, 0, 0, u32::MAX] } else { [u32::MAX; 4] };
    let is_present = |bits: [u32; 8]| {
        let [r, g, b, a] = std::array::from_fn(|i| (bits[i] | bits[i + 4]) & keep[i]);
        (r | g | b | a) != 0
    };
    pulp::Arch::new().dispatch(|| {
        let (steps, rest) = pixels.as_chunks::<STEP>();
        let mut present = 0;
        for (i, step) in steps.iter().enumerate() {
            let (pairs, _) = step.as_flattened().as_chunks::<8>();
            let bits = pairs.iter().fold([0; 8], |bits: [u32; 8], pair| {
                std::array::from_fn(|i| bits[i] | pair[i].to_bits())
            });
            present |= u32::from(is_present(bits)) << i;
        }
        let rest_is_present = rest.iter().any(|pixel| {
            let [r, g, b, a] = pixel.map(f32::to_bits);
            is_present([r, g, b, a, 0, 0, 0, 0])
        });
        present | u32::from(rest_is_present).checked_shl(steps.len() as u32).unwrap_or(0)
    })
}

/// A mode's loops with everything that stays the same for all pixels.
#[derive(Clone, Copy)]
pub(crate) struct Loops {
    pub kernel: Kernel,
    pub limits: Limits,
    /// A clear source pixel leaves the backdrop as it is.
    pub skips_clear: bool,
}

/// Makes pixels premultiplied in the encoding of the mathematics, in place.
pub(crate) fn enter(pixels: &mut [Pixel], alpha: Alpha, (from, to): (Encoding, Encoding)) {
    let straight = alpha != Alpha::Premultiplied;
    match (straight, from == to) {
        (false, true) => {}
        (true, true) => pixels.iter_mut().for_each(|p| *p = premultiply(*p)),
        (straight, false) => {
            let curve = transfer(to);
            for pixel in pixels {
                *pixel = premultiply(converted(*pixel, straight, curve));
            }
        }
    }
}

/// A pixel in its straight form and another encoding. Clear ones are not worth a curve: their
/// colour is in no result.
fn converted(pixel: Pixel, straight: bool, curve: fn(f32) -> f32) -> Pixel {
    if pixel[3] == 0.0 {
        return [0.0; 4];
    }
    let [r, g, b, a] = straight_pixel(pixel, straight);
    [curve(r), curve(g), curve(b), a]
}

/// A pixel's straight form: finite even where a premultiplied colour has next to no alpha.
#[inline(always)]
pub(crate) fn straight_pixel(pixel: Pixel, straight: bool) -> Pixel {
    if straight {
        return pixel;
    }
    let [r, g, b] = straight_colour(pixel);
    [r, g, b, pixel[3]]
}

/// The curve that leads into an encoding from the other one.
fn transfer(to: Encoding) -> fn(f32) -> f32 {
    match to {
        Encoding::Linear => srgb_to_linear,
        Encoding::Srgb => linear_to_srgb,
    }
}

/// A number in 0..1 (1 excluded) that depends on nothing but position and seed (SplitMix64's
/// finaliser over the position, twice).
fn chance(x: usize, y: usize, seed: u64) -> f32 {
    let mut z = seed;
    for word in [x as u64, y as u64] {
        z = (z ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
    }
    (z >> 40) as f32 / (1u64 << 24) as f32
}
