//! Small pictures to draw on.

use pellucid_pixel::{Alpha, Image, ImageFact, Pixel};
use rayon::prelude::*;

/// A square picture of premultiplied colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvas {
    /// Pixels along a side.
    pub size: usize,
    /// Row by row, from the top.
    pub pixels: Vec<Pixel>,
}

impl Canvas {
    /// A clear canvas.
    pub fn clear(size: usize) -> Self {
        Self { size, pixels: vec![[0.0; 4]; size * size] }
    }

    /// Asks for the premultiplied colour at the centre of each pixel; -1 to 1 from left to right and from
    /// top to bottom.
    pub fn paint(size: usize, f: impl Fn([f32; 2]) -> Pixel + Sync) -> Self {
        let at = |i: usize| (2 * i + 1) as f32 / size as f32 - 1.0;
        let pixel = |i: usize| f([at(i % size), at(i / size)]);
        let pixels = (0..size * size).into_par_iter().with_min_len(4096).map(pixel).collect();
        Self { size, pixels }
    }

    /// Puts another canvas of the same size on top.
    pub fn over(&mut self, top: &Self) {
        for (below, above) in self.pixels.iter_mut().zip(&top.pixels) {
            *below = over(*above, *below);
        }
    }

    /// Scales all four channels.
    pub fn faded(mut self, factor: f32) -> Self {
        self.pixels.iter_mut().flatten().for_each(|v| *v *= factor);
        self
    }

    /// Mirrored left to right.
    pub fn mirrored(&self) -> Self {
        let rows = self.pixels.chunks(self.size.max(1));
        let pixels = rows.flat_map(|row| row.iter().rev().copied()).collect();
        Self { size: self.size, pixels }
    }

    /// The picture with every value from 0 to 1 and no colour above its alpha.
    pub fn sound(mut self) -> Self {
        for pixel in &mut self.pixels {
            pixel[3] = pixel[3].clamp(0.0, 1.0);
            for channel in 0..3 {
                pixel[channel] = pixel[channel].clamp(0.0, pixel[3]);
            }
        }
        self
    }

    /// As an image of the pixel library.
    pub fn image(&self) -> Image {
        let side = self.size as u32;
        Image::new(ImageFact::new(side, side, Alpha::Premultiplied), self.pixels.clone())
    }

    /// From an image of the pixel library: its first frame, cut to a square.
    pub fn of_image(image: &Image) -> Self {
        let image = image.premultiplied();
        let size = image.fact.width.min(image.fact.height) as usize;
        let rows = image.frame(0).chunks(image.fact.width as usize);
        let pixels = rows.take(size).flat_map(|row| row[..size].iter().copied()).collect();
        Self { size, pixels }
    }
}

/// One premultiplied colour over another.
pub fn over(above: Pixel, below: Pixel) -> Pixel {
    let left = 1.0 - above[3];
    std::array::from_fn(|channel| above[channel] + below[channel] * left)
}

/// Premultiplies.
pub fn with_alpha([r, g, b]: [f32; 3], alpha: f32) -> Pixel {
    [r * alpha, g * alpha, b * alpha, alpha]
}

/// Between two colours.
pub fn mix(a: [f32; 3], b: [f32; 3], part: f32) -> [f32; 3] {
    std::array::from_fn(|channel| a[channel] + (b[channel] - a[channel]) * part)
}

/// A colour times a factor, cut at white.
pub fn scaled(colour: [f32; 3], factor: f32) -> [f32; 3] {
    colour.map(|v| (v * factor).clamp(0.0, 1.0))
}

/// 0 below `low`, 1 above `high`, a smooth step between.
pub fn step(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// How much of a pixel of width `pixel` is inside, given the distance from the outline (negative inside).
pub fn coverage(distance: f32, pixel: f32) -> f32 {
    (0.5 - distance / pixel).clamp(0.0, 1.0)
}
/// A premultiplied pixel of that alpha, whose colour is `seen` over half grey: what grey shows through is taken out.
pub fn off_grey(seen: [f32; 3], alpha: f32) -> [f32; 4] {
    let [r, g, b] = seen.map(|c| (c - 0.5 * (1.0 - alpha)).max(0.0).min(alpha));
    [r, g, b, alpha]
}
