//! Making a picture fit the size of a canvas.

use super::resample::{Interpolation, Raster, resample};
use crate::blocks::{NetworkError, input_error};

/// How a picture of another aspect is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is distorted.
    Stretch,
    /// It covers the canvas, what stands out is cut off.
    Cover,
    /// It lies inside the canvas, the rest takes the median colour of its border.
    Contain,
}

/// Scales a picture to `width` by `height`: by area if it gets fewer pixels, by Lanczos otherwise.
pub fn fit(
    picture: &Raster,
    width: usize,
    height: usize,
    mode: Fit,
) -> Result<Raster, NetworkError> {
    if picture.width * picture.height * width * height == 0 {
        return input_error("a picture needs at least one pixel to fit, and to fit in");
    }
    let down = height as f64 / picture.height as f64;
    let across = width as f64 / picture.width as f64;
    let scaled = |factor: f64| {
        let size = |old: usize| ((old as f64 * factor).round_ties_even() as usize).max(1);
        resized(picture, size(picture.width), size(picture.height))
    };
    match mode {
        Fit::Stretch => resized(picture, width, height),
        Fit::Cover => Ok(middle(&scaled(down.max(across))?, width, height)),
        Fit::Contain => {
            let background = border_median(picture);
            let mut canvas = Raster {
                width,
                height,
                channels: picture.channels,
                values: background.repeat(width * height),
            };
            paste(&mut canvas, &scaled(down.min(across))?);
            Ok(canvas)
        }
    }
}

fn resized(picture: &Raster, width: usize, height: usize) -> Result<Raster, NetworkError> {
    if (picture.width, picture.height) == (width, height) {
        return Ok(picture.clone());
    }
    let shrinks = width * height < picture.width * picture.height;
    let interpolation = if shrinks { Interpolation::Area } else { Interpolation::Lanczos4 };
    resample(picture, width, height, interpolation)
}

/// The middle of a picture, at most that large.
fn middle(picture: &Raster, width: usize, height: usize) -> Raster {
    let left = picture.width.saturating_sub(width) / 2;
    let top = picture.height.saturating_sub(height) / 2;
    let (width, height) = (width.min(picture.width), height.min(picture.height));
    let row = |y: usize| {
        let start = (y * picture.width + left) * picture.channels;
        &picture.values[start..start + width * picture.channels]
    };
    let values = (top..top + height).flat_map(row).copied().collect();
    Raster { width, height, channels: picture.channels, values }
}

fn paste(canvas: &mut Raster, picture: &Raster) {
    let left = canvas.width.saturating_sub(picture.width) / 2;
    let top = canvas.height.saturating_sub(picture.height) / 2;
    let length = picture.width.min(canvas.width) * picture.channels;
    for y in 0..picture.height.min(canvas.height) {
        let from = y * picture.width * picture.channels;
        let to = ((top + y) * canvas.width + left) * canvas.channels;
        let row = &picture.values[from..from + length];
        canvas.values[to..to + length].copy_from_slice(row);
    }
}

/// The median of each channel over the four border lines, corners counted twice.
fn border_median(picture: &Raster) -> Vec<f32> {
    let Raster { width, height, channels, ref values } = *picture;
    let mut places = Vec::with_capacity(2 * (width + height));
    places.extend((0..width).flat_map(|x| [x, (height - 1) * width + x]));
    places.extend((0..height).flat_map(|y| [y * width, y * width + width - 1]));
    let median = |channel: usize| {
        let mut line: Vec<f32> = places.iter().map(|p| values[p * channels + channel]).collect();
        line.sort_by(f32::total_cmp);
        // Every border has an even number of places.
        (line[line.len() / 2 - 1] + line[line.len() / 2]) / 2.0
    };
    (0..channels).map(median).collect()
}
