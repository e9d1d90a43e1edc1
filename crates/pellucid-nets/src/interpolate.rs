//! Resampling of planes as PyTorch's `interpolate` does it: no anti-aliasing, centres at halves.

use rayon::prelude::*;

/// How new elements are made of old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// The element under the new one's centre.
    NearestExact,
    /// Between the two nearest, in either direction.
    Bilinear,
    /// The mean of the elements that the new one covers.
    Area,
    /// Cubic convolution over the four nearest (Keys 1981, a = -0.75).
    Bicubic,
    /// Between the two nearest along the sphere that channels span, lengths apart.
    Bislerp,
}

impl Method {
    /// Every method and its name.
    pub const NAMES: &[(&str, Self)] = &[
        ("nearest-exact", Self::NearestExact),
        ("bilinear", Self::Bilinear),
        ("area", Self::Area),
        ("bicubic", Self::Bicubic),
        ("bislerp", Self::Bislerp),
    ];
}

/// Old elements that a new one is made of, with weights that sum to one.
type Taps = Vec<(usize, f32)>;

/// Resamples numbers of shape `[items, channels, height, width]` to another width and height.
///
/// With `cut` the middle is cut out first in the shape of the result.
pub fn resampled(
    data: &[f32],
    [items, channels, height, width]: [usize; 4],
    (new_width, new_height): (usize, usize),
    method: Method,
    cut: bool,
) -> Vec<f32> {
    let (left, top) = if cut { margins((width, height), (new_width, new_height)) } else { (0, 0) };
    let size = (width - 2 * left, height - 2 * top);
    let planes: Vec<Vec<f32>> = data
        .par_chunks((width * height).max(1))
        .take(items * channels)
        .map(|plane| part(plane, width, (left, top), size))
        .collect();
    match method {
        Method::Bislerp => planes
            .chunks(channels.max(1))
            .flat_map(|item| bislerp(item, size, (new_width, new_height)))
            .collect(),
        method => planes
            .iter()
            .flat_map(|plane| separable(plane, size, (new_width, new_height), method))
            .collect(),
    }
}

/// One plane of `height` rows of `width` numbers, resampled linearly in both directions.
pub fn bilinear(plane: &[f32], size: (usize, usize), new_size: (usize, usize)) -> Vec<f32> {
    if size == new_size {
        plane.to_vec()
    } else {
        separable(plane, size, new_size, Method::Bilinear)
    }
}

/// What to cut off left and right, and above and below, to keep the middle in the shape of the new
/// size; halves round to even.
pub(crate) fn margins(
    (width, height): (usize, usize),
    (new_width, new_height): (usize, usize),
) -> (usize, usize) {
    let (old, new) = (width as f64 / height as f64, new_width as f64 / new_height as f64);
    let margin = |size: usize, ratio: f64| {
        let margin = ((size as f64 - size as f64 * ratio) / 2.0).round_ties_even();
        (margin as usize).min(size.saturating_sub(1) / 2)
    };
    if old > new {
        (margin(width, new / old), 0)
    } else if old < new {
        (0, margin(height, old / new))
    } else {
        (0, 0)
    }
}

fn part(
    plane: &[f32],
    width: usize,
    (left, top): (usize, usize),
    size: (usize, usize),
) -> Vec<f32> {
    let row = |y: usize| &plane[(top + y) * width + left..][..size.0];
    (0..size.1).flat_map(row).copied().collect()
}

fn separable(
    plane: &[f32],
    (width, height): (usize, usize),
    (new_width, new_height): (usize, usize),
    method: Method,
) -> Vec<f32> {
    let (columns, rows) = (taps(width, new_width, method), taps(height, new_height, method));
    let mut across = vec![0.0; new_width * height];
    for (line, old) in
        across.chunks_exact_mut(new_width.max(1)).zip(plane.chunks_exact(width.max(1)))
    {
        for (value, taps) in line.iter_mut().zip(&columns) {
            *value = taps.iter().map(|&(at, weight)| old[at] * weight).sum();
        }
    }
    let mut out = vec![0.0; new_width * new_height];
    out.par_chunks_mut(new_width.max(1)).zip(&rows).for_each(|(line, taps)| {
        for (x, value) in line.iter_mut().enumerate() {
            *value = taps.iter().map(|&(at, weight)| across[at * new_width + x] * weight).sum();
        }
    });
    out
}

fn taps(size: usize, new_size: usize, method: Method) -> Vec<Taps> {
    let ratio = size as f32 / new_size as f32;
    let last = size.saturating_sub(1);
    let at = |place: usize| match method {
        Method::NearestExact => {
            vec![((((place as f32 + 0.5) * ratio) as usize).min(last), 1.0)]
        }
        Method::Area => {
            let from = place * size / new_size;
            let to = ((place + 1) * size).div_ceil(new_size);
            let weight = 1.0 / (to - from) as f32;
            (from..to).map(|at| (at, weight)).collect()
        }
        Method::Bicubic => {
            let source = (place as f32 + 0.5) * ratio - 0.5;
            let first = source.floor();
            let weights = cubic(source - first);
            let tap = |(index, weight): (usize, f32)| {
                let at = (first as i64 + index as i64 - 1).clamp(0, last as i64);
                (at as usize, weight)
            };
            weights.into_iter().enumerate().map(tap).collect()
        }
        Method::Bilinear | Method::Bislerp => {
            let source = ((place as f32 + 0.5) * ratio - 0.5).max(0.0);
            let first = (source as usize).min(last);
            let part = source - first as f32;
            vec![(first, 1.0 - part), ((first + 1).min(last), part)]
        }
    };
    (0..new_size).map(at).collect()
}

fn cubic(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// Across, then down; the channels of an element are one vector.
fn bislerp(
    item: &[Vec<f32>],
    (width, height): (usize, usize),
    (new_width, new_height): (usize, usize),
) -> Vec<f32> {
    let channels = item.len();
    let vector = |at: usize| item.iter().map(|plane| plane[at]).collect::<Vec<f32>>();
    let mut across = Vec::with_capacity(new_width * height);
    for y in 0..height {
        for taps in taps(width, new_width, Method::Bislerp) {
            let [(a, _), (b, part)] = taps[..] else { continue };
            across.push(slerp(&vector(y * width + a), &vector(y * width + b), part));
        }
    }
    let mut out = vec![0.0; channels * new_width * new_height];
    for (y, taps) in taps(height, new_height, Method::Bislerp).into_iter().enumerate() {
        let [(a, _), (b, part)] = taps[..] else { continue };
        for x in 0..new_width {
            let between = slerp(&across[a * new_width + x], &across[b * new_width + x], part);
            for (channel, value) in between.into_iter().enumerate() {
                out[(channel * new_height + y) * new_width + x] = value;
            }
        }
    }
    out
}

fn slerp(a: &[f32], b: &[f32], part: f32) -> Vec<f32> {
    const ALMOST: f32 = 1e-5;
    let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    let (length_a, length_b) = (norm(a), norm(b));
    let unit = |v: &[f32], length: f32| -> Vec<f32> {
        v.iter().map(|x| if length == 0.0 { 0.0 } else { x / length }).collect()
    };
    let (unit_a, unit_b) = (unit(a, length_a), unit(b, length_b));
    let dot: f32 = unit_a.iter().zip(&unit_b).map(|(x, y)| x * y).sum();
    if dot > 1.0 - ALMOST {
        return a.to_vec();
    }
    if dot < ALMOST - 1.0 {
        return a.iter().zip(b).map(|(x, y)| x * (1.0 - part) + y * part).collect();
    }
    let omega = f64::from(dot).acos() as f32;
    let sine = |angle: f32| f64::from(angle).sin() as f32;
    let whole = sine(omega);
    let (of_a, of_b) = (sine((1.0 - part) * omega) / whole, sine(part * omega) / whole);
    let length = length_a * (1.0 - part) + length_b * part;
    unit_a.iter().zip(&unit_b).map(|(x, y)| (of_a * x + of_b * y) * length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_is_between_them() {
        assert_eq!(bilinear(&[0.0, 1.0], (2, 1), (4, 1)), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(bilinear(&[0.0, 1.0, 2.0, 3.0], (2, 2), (1, 1)), [1.5]);
    }

    #[test]
    fn every_method_keeps_what_is_the_same_everywhere() {
        for (name, method) in Method::NAMES {
            for size in [(1, 1), (3, 7), (8, 8), (17, 2)] {
                let out = resampled(&[0.5; 2 * 5 * 6], [1, 2, 5, 6], size, *method, true);
                assert_eq!(out.len(), 2 * size.0 * size.1, "{name}");
                // Weights sum to one up to a few roundings.
                assert!(out.iter().all(|v| (v - 0.5).abs() < 1e-6), "{name} {size:?} {out:?}");
            }
        }
    }

    #[test]
    fn area_is_the_mean_of_what_is_covered() {
        let out = resampled(&[1.0, 2.0, 3.0, 4.0], [1, 1, 1, 4], (2, 1), Method::Area, false);
        assert_eq!(out, [1.5, 3.5]);
    }

    #[test]
    fn cutting_keeps_the_middle() {
        let out =
            resampled(&[1.0, 2.0, 3.0, 4.0], [1, 1, 1, 4], (2, 1), Method::NearestExact, true);
        assert_eq!(out, [2.0, 3.0]);
    }
}
