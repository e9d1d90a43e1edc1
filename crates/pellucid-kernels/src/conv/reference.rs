//! The definition, in f64.

use super::{Geometry, output_size};

/// As [`super::convolve`], by nested loops.
pub fn convolve(geometry: Geometry, source: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let Geometry { batch, input, output, .. } = geometry;
    let (rows, columns) = output_size(geometry);
    let mut target = Vec::with_capacity(batch * output * rows * columns);
    for image in 0..batch {
        for (channel, bias) in bias.iter().enumerate() {
            let weight = &weight[channel * input * geometry.taps()..];
            for row in 0..rows {
                for column in 0..columns {
                    let at = (image, row, column);
                    target.push((f64::from(*bias) + pixel(geometry, source, weight, at)) as f32);
                }
            }
        }
    }
    target
}

fn pixel(
    geometry: Geometry,
    source: &[f32],
    weight: &[f32],
    (image, row, column): (usize, usize, usize),
) -> f64 {
    let Geometry { input, height, width, kernel_height, kernel_width, stride, padding, .. } =
        geometry;
    let mut sum = 0.0;
    for channel in 0..input {
        let plane = &source[(image * input + channel) * height * width..][..height * width];
        for tap in 0..kernel_height * kernel_width {
            let y =
                (row * stride + tap / kernel_width).checked_sub(padding).filter(|y| *y < height);
            let x =
                (column * stride + tap % kernel_width).checked_sub(padding).filter(|x| *x < width);
            if let Some((y, x)) = y.zip(x) {
                let factor = weight[channel * kernel_height * kernel_width + tap];
                sum += f64::from(plane[y * width + x]) * f64::from(factor);
            }
        }
    }
    sum
}
