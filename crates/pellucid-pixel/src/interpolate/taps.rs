//! Which pixels a new one is mixed of, along one axis, in the arithmetic of torch.

use super::Scheme;
use crate::resize::Taps;

/// The taps of an axis that changes its size.
pub(super) fn taps(by: Scheme, from: usize, to: usize) -> Taps {
    // f32 as in torch: at whole ratios it decides which pixel is the nearest.
    let scale = from as f32 / to as f32;
    let last = from - 1;
    Taps::of((0..to).map(|i| match by {
        Scheme::Nearest => (nearest(i, scale, from, to), vec![1.0]),
        Scheme::NearestExact => {
            let position = ((i as f64 + 0.5) * f64::from(scale)) as f32;
            ((position.floor() as usize).min(last), vec![1.0])
        }
        Scheme::Bilinear => {
            let position = (scale * (i as f32 + 0.5) - 0.5).max(0.0);
            let first = (position as usize).min(last);
            let t = (position - first as f32).clamp(0.0, 1.0);
            (first, if first == last { vec![1.0] } else { vec![1.0 - t, t] })
        }
        Scheme::Bicubic => {
            let position = scale * (i as f32 + 0.5) - 0.5;
            let first = position.floor();
            held(first as i64 - 1, &cubic((position - first).clamp(0.0, 1.0)), from)
        }
        Scheme::Area => {
            let (first, end) = (i * from / to, ((i + 1) * from).div_ceil(to));
            (first, vec![1.0 / (end - first) as f32; end - first])
        }
        Scheme::Lanczos8Bit => unreachable!("it does not work on f32"),
    }))
}

fn nearest(i: usize, scale: f32, from: usize, to: usize) -> usize {
    if to == 2 * from { i / 2 } else { ((i as f32 * scale).floor() as usize).min(from - 1) }
}

/// Weights of the four pixels around a position `t` behind the second of them.
fn cubic(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// Weights from `first` on, those beyond the border added to the pixel at the border.
fn held(first: i64, weights: &[f32], len: usize) -> (usize, Vec<f32>) {
    gathered(first, weights, |i| i.clamp(0, len as i64 - 1) as usize)
}

/// Weights at positions that `index` brings back into the picture, as a span of it.
fn gathered(first: i64, weights: &[f32], index: impl Fn(i64) -> usize) -> (usize, Vec<f32>) {
    let places = || (0..weights.len()).map(|k| index(first + k as i64));
    let (start, end) = (places().min().unwrap_or(0), places().max().unwrap_or(0));
    let mut span = vec![0.0; end - start + 1];
    places().zip(weights).for_each(|(place, weight)| span[place - start] += weight);
    (start, span)
}

/// A picture of `len` pixels filtered with weights centred on every pixel, reflected at the centre
/// of its border pixels.
pub(crate) fn spread(weights: &[f32], len: usize) -> Taps {
    let radius = (weights.len() / 2) as i64;
    Taps::of((0..len as i64).map(|i| gathered(i - radius, weights, |i| reflected(i, len))))
}

/// The index inside `0..len` that position `i` shows, reflected at the centre of the border
/// pixels: 2 1 0 1 2 1 0.
fn reflected(i: i64, len: usize) -> usize {
    let period = 2 * (len as i64 - 1);
    if period == 0 {
        return 0;
    }
    let phase = i.rem_euclid(period);
    phase.min(period - phase) as usize
}
