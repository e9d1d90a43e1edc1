//! Lanczos on 8 bits in fixed point, as the Python imaging library does it (Pillow up to 12): rows
//! first, then columns, each pass rounded and held to 0..255.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::raster::Raster;

/// Bits behind the point of a weight: what 32 bits leave beside 8 of the value and 2 of overshoot.
const BITS: u32 = 32 - 8 - 2;

/// Scales a picture of straight or opaque colour to `to`; alpha, where it is used, weighs colour.
pub(super) fn picture(frame: Raster<'_, 4>, alpha: bool, to: (u32, u32), out: &mut [[f32; 4]]) {
    let bytes = |pixel: &[f32; 4]| {
        let pixel = pixel.map(byte);
        if alpha { weighed(pixel) } else { pixel }
    };
    let source: Vec<[u8; 4]> = frame.pixels.par_iter().with_min_len(4096).map(bytes).collect();
    let scaled = scaled(source, (frame.width, frame.height), to);
    out.par_iter_mut().with_min_len(4096).zip(scaled).for_each(|(out, pixel)| {
        *out = (if alpha { unweighed(pixel) } else { pixel }).map(|v| f32::from(v) / 255.0);
        if !alpha {
            out[3] = 1.0;
        }
    });
}

/// Scales a plane to `to`.
pub(super) fn plane(frame: Raster<'_, 1>, to: (u32, u32), out: &mut [[f32; 1]]) {
    let source = frame.pixels.par_iter().with_min_len(4096).map(|value| value.map(byte)).collect();
    let scaled = scaled(source, (frame.width, frame.height), to);
    for (out, [value]) in out.iter_mut().zip(scaled) {
        *out = [f32::from(value) / 255.0];
    }
}

/// Cut down, not rounded.
fn byte(value: f32) -> u8 {
    (value * 255.0).clamp(0.0, 255.0) as u8
}

fn weighed([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let times = |v: u8| {
        let product = u32::from(v) * u32::from(a) + 128;
        (((product >> 8) + product) >> 8) as u8
    };
    [times(r), times(g), times(b), a]
}

fn unweighed([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    if a == 0 || a == 255 {
        return [r, g, b, a];
    }
    let divided = |v: u8| (255 * u32::from(v) / u32::from(a)).min(255) as u8;
    [divided(r), divided(g), divided(b), a]
}

fn scaled<const C: usize>(
    mut pixels: Vec<[u8; C]>,
    from: (usize, usize),
    to: (u32, u32),
) -> Vec<[u8; C]> {
    let (width, height) = (to.0 as usize, to.1 as usize);
    if width != from.0 {
        let taps = taps(from.0, width);
        let mut out = vec![[0; C]; width * from.1];
        out.par_chunks_mut(width).zip(pixels.par_chunks(from.0)).for_each(|(out, row)| {
            for (out, (first, weights)) in out.iter_mut().zip(&taps) {
                *out = mixed(weights, |k| &row[first + k]);
            }
        });
        pixels = out;
    }
    if height != from.1 {
        let taps = taps(from.1, height);
        let mut out = vec![[0; C]; width * height];
        out.par_chunks_mut(width).zip(&taps).for_each(|(out, (first, weights))| {
            for (x, out) in out.iter_mut().enumerate() {
                *out = mixed(weights, |k| &pixels[(first + k) * width + x]);
            }
        });
        pixels = out;
    }
    pixels
}

fn mixed<'a, const C: usize>(weights: &[i32], at: impl Fn(usize) -> &'a [u8; C]) -> [u8; C] {
    let mut sums = [1i32 << (BITS - 1); C];
    for (k, weight) in weights.iter().enumerate() {
        let pixel = at(k);
        for c in 0..C {
            sums[c] = sums[c].wrapping_add(i32::from(pixel[c]) * weight);
        }
    }
    sums.map(|sum| (sum >> BITS).clamp(0, 255) as u8)
}

/// For each new position the first old one and the weights from there on.
fn taps(from: usize, to: usize) -> Vec<(usize, Vec<i32>)> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let reach = 3.0 * stretch;
    let at = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let first = (centre - reach + 0.5).max(0.0) as usize;
        let end = ((centre + reach + 0.5) as usize).min(from);
        let weight = |j: usize| lanczos((j as f64 - centre + 0.5) * (1.0 / stretch));
        let weights: Vec<f64> = (first..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        let fixed = |w: &f64| {
            let w = w / sum * f64::from(1u32 << BITS);
            (if w < 0.0 { w - 0.5 } else { w + 0.5 }) as i32
        };
        (first, weights.iter().map(fixed).collect())
    };
    (0..to).map(at).collect()
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) };
    if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}
