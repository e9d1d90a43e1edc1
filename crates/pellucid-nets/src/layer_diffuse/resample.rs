//! Resampling of f32 pictures exactly as the trained models saw it, that is as OpenCV's `resize` does.

use crate::blocks::{NetworkError, input_error};

/// A picture of interleaved f32 channels, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Values per pixel.
    pub channels: usize,
    /// `height · width · channels` values.
    pub values: Vec<f32>,
}

/// How values between pixels are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The mean over the area a new pixel covers; a kind of bilinear interpolation if an axis grows.
    Area,
    /// Between the two nearest pixel centres, without smoothing when shrinking.
    Linear,
    /// Eight taps of a Lanczos window of radius 4, weights summing to 1; may overshoot.
    Lanczos4,
}

/// For each new pixel, old pixels and their weights.
type Taps = Vec<Vec<(usize, f32)>>;

/// Scales a picture to `width` by `height`, across first, then down.
pub fn resample(
    picture: &Raster,
    width: usize,
    height: usize,
    interpolation: Interpolation,
) -> Result<Raster, NetworkError> {
    let Raster { width: old_width, height: old_height, channels, ref values } = *picture;
    if old_width * old_height * channels != values.len() {
        let count = values.len();
        return input_error(format!("{count} values for {old_width}x{old_height}x{channels}"));
    }
    if old_width * old_height * width * height == 0 {
        return input_error(format!("cannot scale {old_width}x{old_height} to {width}x{height}"));
    }
    let grows = width > old_width || height > old_height;
    let taps = |old: usize, new: usize| match interpolation {
        Interpolation::Area if grows => growing_area_taps(old, new),
        Interpolation::Area => area_taps(old, new),
        Interpolation::Linear => linear_taps(old, new),
        Interpolation::Lanczos4 => lanczos_taps(old, new),
    };
    Ok(down(&across(picture, &taps(old_width, width)), &taps(old_height, height)))
}

fn across(picture: &Raster, taps: &Taps) -> Raster {
    let channels = picture.channels;
    let mut values = Vec::with_capacity(picture.height * taps.len() * channels);
    for row in picture.values.chunks_exact(picture.width * channels) {
        for taps in taps {
            for channel in 0..channels {
                values.push(
                    taps.iter().map(|(i, weight)| row[i * channels + channel] * weight).sum(),
                );
            }
        }
    }
    Raster { width: taps.len(), values, ..*picture }
}

fn down(picture: &Raster, taps: &Taps) -> Raster {
    let length = picture.width * picture.channels;
    let mut values = vec![0f32; taps.len() * length];
    for (row, taps) in values.chunks_exact_mut(length).zip(taps) {
        for (index, weight) in taps {
            let source = &picture.values[index * length..(index + 1) * length];
            for (sum, value) in row.iter_mut().zip(source) {
                *sum += value * weight;
            }
        }
    }
    Raster { height: taps.len(), values, ..*picture }
}

/// The part of a new pixel that an old one covers; slivers below a thousandth are left out.
fn area_taps(old: usize, new: usize) -> Taps {
    let ratio = old as f64 / new as f64;
    let taps = |x: usize| {
        let start = x as f64 * ratio;
        let end = start + ratio;
        let cell = ratio.min(old as f64 - start);
        let last = (end.floor() as usize).min(old - 1);
        let first = (start.ceil() as usize).min(last);
        let mut taps = Vec::with_capacity(last - first + 2);
        if first as f64 - start > 1e-3 {
            taps.push((first - 1, ((first as f64 - start) / cell) as f32));
        }
        taps.extend((first..last).map(|index| (index, (1.0 / cell) as f32)));
        if end - last as f64 > 1e-3 {
            taps.push((last, ((end - last as f64).min(1.0).min(cell) / cell) as f32));
        }
        taps
    };
    (0..new).map(taps).collect()
}

fn growing_area_taps(old: usize, new: usize) -> Taps {
    let ratio = old as f64 / new as f64;
    let taps = |x: usize| {
        let index = (x as f64 * ratio).floor() as usize;
        let fraction = ((x + 1) as f64 - (index + 1) as f64 / ratio) as f32;
        let fraction = if fraction <= 0.0 { 0.0 } else { fraction.fract() };
        pair(index, fraction, old)
    };
    (0..new).map(taps).collect()
}

fn linear_taps(old: usize, new: usize) -> Taps {
    (0..new)
        .map(|x| centre(x, old, new))
        .map(|(i, f)| match usize::try_from(i) {
            Ok(index) => pair(index, f, old),
            Err(_) => vec![(0, 1.0)],
        })
        .collect()
}

fn lanczos_taps(old: usize, new: usize) -> Taps {
    let taps = |x: usize| {
        let (start, fraction) = centre(x, old, new);
        let place = |k: usize| (start + k as isize - 3).clamp(0, old as isize - 1) as usize;
        if fraction < 1.2e-7 {
            return vec![(place(3), 1.0)];
        }
        let weights: [f64; 8] = std::array::from_fn(|k| {
            let t = f64::from(fraction) + 3.0 - k as f64;
            sinc(t) * sinc(t / 4.0)
        });
        let total: f64 = weights.iter().sum();
        (0..8).map(|k| (place(k), (weights[k] / total) as f32)).collect()
    };
    (0..new).map(taps).collect()
}

/// The old pixel left of a new pixel's centre and the distance from it.
fn centre(x: usize, old: usize, new: usize) -> (isize, f32) {
    let place = ((x as f64 + 0.5) * (old as f64 / new as f64) - 0.5) as f32;
    (place.floor() as isize, place - place.floor())
}

fn pair(index: usize, fraction: f32, old: usize) -> Vec<(usize, f32)> {
    if index + 1 >= old {
        return vec![(old - 1, 1.0)];
    }
    vec![(index, 1.0 - fraction), (index + 1, fraction)]
}

fn sinc(t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (std::f64::consts::PI * t).sin() / (std::f64::consts::PI * t) }
}
