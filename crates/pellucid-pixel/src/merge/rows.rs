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
            let [r, g, b, a] = straight_pixel(*pixel, straight);
            *out = [curve(r), curve(g), curve(b), a];
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

    /// Calls `f` with the stretches that are not clear, in steps of a few pixels.
    fn for_each_present(self, mut f: impl FnMut(Range<usize>)) {
        const STEP: usize = 16;
        let mut start = None;
        for (i, step) in self.pixels.chunks(STEP).enumerate() {
            let [r, g, b, a] = step.iter().fold([0; 4], |bits: [u32; 4], pixel| {
                std::array::from_fn(|c| bits[c] | pixel[c].to_bits())
            });
            let clear = if self.straight { a == 0 } else { (r | g | b | a) == 0 };
            match (clear, start) {
                (true, Some(from)) => {
                    f(from..i * STEP);
                    start = None;
                }
                (false, None) => start = Some(i * STEP),
                _ => {}
            }
        }
        if let Some(from) = start {
            f(from..self.pixels.len());
        }
    }
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
                let [r, g, b, a] = straight_pixel(*pixel, straight);
                *pixel = premultiply([curve(r), curve(g), curve(b), a]);
            }
        }
    }
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
