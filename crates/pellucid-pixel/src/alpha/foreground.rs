//! Foreground estimation: the colours that were mixed into a picture, given its alpha.

use crate::frames::{
    Mismatch, build, image_frame, image_shape, matte_frame, matte_shape, meeting_batch,
};
use crate::{Alpha, Image, ImageFact, Matte, Pixel};

/// The settings of the multi-level solver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foreground {
    /// How much neighbouring colours pull at each other, above 0.
    pub smooth: f32,
    /// How much more they do where alpha changes, at least 0.
    pub edge: f32,
    /// Sweeps on levels of at most 32x32 pixels.
    pub small_sweeps: u32,
    /// Sweeps on larger levels.
    pub large_sweeps: u32,
}

impl Default for Foreground {
    fn default() -> Self {
        Self { smooth: 1e-5, edge: 1.0, small_sweeps: 10, large_sweeps: 2 }
    }
}

/// A picture taken apart: `I = a F + (1 - a) B`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    /// Straight colour `F` under the given alpha.
    pub foreground: Image,
    /// Opaque colour `B`.
    pub background: Image,
}

type Colour = [f32; 3];

/// Estimates the foreground and background colour of every pixel of a picture, given its alpha.
///
/// The picture's straight colour is what was observed. Every level of an image pyramid minimises
/// `|a F + (1 - a) B - I|^2 + sum over the four neighbours of
/// (smooth + edge |a - a'|) (|F - F'|^2 + |B - B'|^2)` by red-black Gauss-Seidel sweeps, starting
/// from the next coarser one (Germer, Uelwer, Conrad and Harmeling, "Fast Multi-Level Foreground
/// Estimation", 2020). Where alpha is 1 the foreground is the picture, where it is 0 the
/// background is, bit for bit.
///
/// # Errors
/// When sizes or batches differ.
pub fn estimate_grounds(
    image: &Image,
    matte: &Matte,
    settings: &Foreground,
) -> Result<Grounds, Mismatch> {
    let batch = meeting_batch(image_shape(image), matte_shape(matte))?;
    let fact = ImageFact { batch, alpha: Alpha::Straight, ..image.fact };
    let image = image.straight();
    let (mut foreground, mut background) = (Vec::new(), Vec::new());
    for index in 0..batch {
        let seen = image_frame(&image, index);
        let alpha = matte_frame(matte, index);
        let level = solved(fact.width as usize, seen, alpha, settings);
        foreground.extend(level.grounds.iter().zip(alpha).zip(seen).map(|((ground, a), seen)| {
            let [r, g, b] = if *a >= 1.0 { colour_of(seen) } else { ground.fore };
            [r, g, b, *a]
        }));
        background.extend(level.grounds.iter().zip(alpha).zip(seen).map(|((ground, a), seen)| {
            let [r, g, b] = if *a <= 0.0 { colour_of(seen) } else { ground.back };
            [r, g, b, 1.0]
        }));
    }
    Ok(Grounds {
        foreground: Image::new(fact, foreground),
        background: Image::new(ImageFact { alpha: Alpha::Opaque, ..fact }, background),
    })
}

/// The estimated foreground colour of every pixel of one frame.
pub(super) fn foreground_colours(
    width: usize,
    seen: &[Pixel],
    alpha: &[f32],
    settings: &Foreground,
) -> Vec<[f32; 3]> {
    solved(width, seen, alpha, settings).grounds.into_iter().map(|ground| ground.fore).collect()
}

fn colour_of([r, g, b, _]: &Pixel) -> Colour {
    [*r, *g, *b]
}

#[derive(Clone, Copy)]
struct Ground {
    fore: Colour,
    back: Colour,
}

struct Level {
    width: usize,
    grounds: Vec<Ground>,
}

/// What is observed at one pixel of a level: colour and alpha in 0 to 1.
type Seen = Pixel;

fn solved(width: usize, seen: &[Pixel], alpha: &[f32], settings: &Foreground) -> Level {
    let height = seen.len() / width;
    let most = seen.iter().flat_map(|p| &p[..3]).fold(1.0, |most: f32, v| most.max(*v));
    let steps = (width.max(height) as f64).log2().ceil() as u32;
    let mut level = Level { width: 1, grounds: vec![mean_grounds(seen, alpha)] };
    for step in 0..=steps {
        let part = if steps == 0 { 1.0 } else { f64::from(step) / f64::from(steps) };
        let size = |n: usize| ((n as f64).powf(part).round() as usize).clamp(1, n);
        let (w, h) = (size(width), size(height));
        let here: Vec<Seen> = build(w * h, |i| {
            let [r, g, b, _] = seen[sampled(i, w, h, width, height)];
            [r, g, b, alpha[sampled(i, w, h, width, height)].clamp(0.0, 1.0)]
        });
        level = enlarged(&level, w, h);
        let small = w <= 32 && h <= 32;
        let sweeps = if small { settings.small_sweeps } else { settings.large_sweeps };
        for _ in 0..sweeps {
            for parity in 0..2 {
                level.grounds = half_sweep(&level, &here, settings, most, parity);
            }
        }
    }
    level
}

/// The pixel of a frame that stands for pixel `i` of a frame of `w` times `h`.
fn sampled(i: usize, w: usize, h: usize, width: usize, height: usize) -> usize {
    let (x, y) = (i % w, i / w);
    (y * height / h) * width + x * width / w
}

fn enlarged(level: &Level, w: usize, h: usize) -> Level {
    let (width, height) = (level.width, level.grounds.len() / level.width);
    let grounds = build(w * h, |i| level.grounds[sampled(i, w, h, width, height)]);
    Level { width: w, grounds }
}

/// The mean colour of what is nearly solid, and of what is nearly clear.
fn mean_grounds(seen: &[Pixel], alpha: &[f32]) -> Ground {
    let mean = |wanted: fn(f32) -> bool| {
        let mut sum = [0.0_f64; 3];
        let mut count = 0_u64;
        for (pixel, _) in seen.iter().zip(alpha).filter(|(_, a)| wanted(**a)) {
            count += 1;
            for (s, v) in sum.iter_mut().zip(pixel) {
                *s += f64::from(*v);
            }
        }
        sum.map(|s| (s / count.max(1) as f64) as f32)
    };
    Ground { fore: mean(|a| a > 0.9), back: mean(|a| a < 0.1) }
}

/// Solves every second pixel for its neighbours; the others are copied.
fn half_sweep(
    level: &Level,
    seen: &[Seen],
    settings: &Foreground,
    most: f32,
    parity: usize,
) -> Vec<Ground> {
    let (width, height) = (level.width, level.grounds.len() / level.width);
    build(seen.len(), |i| {
        let (x, y) = (i % width, i / width);
        if (x + y) % 2 != parity {
            return level.grounds[i];
        }
        let near = [
            if x > 0 { i - 1 } else { i },
            if x + 1 < width { i + 1 } else { i },
            if y > 0 { i - width } else { i },
            if y + 1 < height { i + width } else { i },
        ];
        solved_pixel(level, seen, near, i, settings, most)
    })
}

/// The minimum at one pixel: with `F` and `B` the weighted means of the neighbours and `s` the sum
/// of their weights, the residual is shared in proportion to `a` and `1 - a`.
fn solved_pixel(
    level: &Level,
    seen: &[Seen],
    near: [usize; 4],
    i: usize,
    settings: &Foreground,
    most: f32,
) -> Ground {
    let [r, g, b, a] = seen[i];
    let (mut fore, mut back, mut weights) = ([0.0_f32; 3], [0.0_f32; 3], 0.0_f32);
    for j in near {
        let weight = settings.smooth.max(1e-9) + settings.edge.max(0.0) * (a - seen[j][3]).abs();
        weights += weight;
        for c in 0..3 {
            fore[c] += weight * level.grounds[j].fore[c];
            back[c] += weight * level.grounds[j].back[c];
        }
    }
    let clear = 1.0 - a;
    let share = 1.0 / (a * a + clear * clear + weights);
    for (c, seen) in [r, g, b].into_iter().enumerate() {
        let (f, b) = (fore[c] / weights, back[c] / weights);
        let residual = (seen - a * f - clear * b) * share;
        fore[c] = (f + a * residual).clamp(0.0, most);
        back[c] = (b + clear * residual).clamp(0.0, most);
    }
    Ground { fore, back }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    #[test]
    fn two_flat_colours_are_told_apart() {
        let (fore, back) = ([0.9, 0.2, 0.1], [0.1, 0.3, 0.8]);
        let alpha: Vec<f32> =
            (0..64 * 64).map(|i| ((i % 64) as f32 / 20.0 - 1.0).clamp(0.0, 1.0)).collect();
        let mixed = |a: f32| {
            let mix = |c: usize| a * fore[c] + (1.0 - a) * back[c];
            [mix(0), mix(1), mix(2), 1.0]
        };
        let image = Image::new(
            ImageFact::new(64, 64, Alpha::Opaque),
            alpha.iter().map(|a| mixed(*a)).collect(),
        );
        let matte = Matte::new(MatteFact::new(64, 64), alpha);
        let grounds = estimate_grounds(&image, &matte, &Foreground::default()).unwrap();
        for pixel in grounds.foreground.pixels.iter().filter(|p| p[3] > 0.0) {
            // Two sweeps a level do not converge fully; half a code of 8 bit is plenty.
            assert!((0..3).all(|c| (pixel[c] - fore[c]).abs() < 2e-3), "{pixel:?}");
        }
    }

    #[test]
    fn a_single_pixel_is_its_own_foreground() {
        let image = Image::new(ImageFact::new(1, 1, Alpha::Opaque), vec![[0.3, 0.2, 0.1, 1.0]]);
        let matte = Matte::new(MatteFact::new(1, 1), vec![1.0]);
        let grounds = estimate_grounds(&image, &matte, &Foreground::default()).unwrap();
        assert_eq!(grounds.foreground.pixels[0], [0.3, 0.2, 0.1, 1.0]);
    }
}
