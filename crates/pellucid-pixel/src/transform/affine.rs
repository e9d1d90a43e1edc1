//! Drawing a picture through an affine map.

use rayon::prelude::*;

use super::matrix::{Affine, NotInvertible, exact_sin_cos};
use super::sample::{Cubic, Interpolation, Lanczos, Linear, Weights, nearest, sample};
use crate::raster::{Raster, image_frames, matte_frames, mixable};
use crate::resize::{Filter, Resize, resize, resize_matte};
use crate::{Alpha, Edge, Image, ImageFact, Matte, MatteFact};

/// How a picture is read between and beyond its pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Warp {
    /// Between pixels.
    pub interpolation: Interpolation,
    /// Beyond the border.
    pub edge: Edge,
}

/// The canvas of a rotated picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Canvas {
    /// The size stays; corners are cut off.
    #[default]
    Keep,
    /// As large as it takes to see everything.
    Expand,
}

impl Canvas {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("keep", Self::Keep), ("expand", Self::Expand)];
}

/// Draws an image through `map` on a canvas of `size` (0 counts as 1).
///
/// Each output pixel takes the value at the place its centre comes from. Where the map makes the
/// picture smaller by more than half, the picture is averaged down first and output pixels take
/// several samples. A map that only permutes pixels copies them exactly. The alpha state of the
/// result is that of [`affine_fact`].
pub fn affine(
    image: &Image,
    map: Affine,
    size: (u32, u32),
    warp: Warp,
) -> Result<Image, NotInvertible> {
    let fact = affine_fact(&image.fact, map, size, warp.edge)?;
    let inverse = map.inverse()?;
    if let Some(steps) = Steps::of(inverse) {
        return Ok(image_frames(image, fact, |frame, out| {
            permute(frame, steps, fact.width as usize, warp.edge, out);
        }));
    }
    let source = mixable(image);
    let (small, inverse) = match shrunk(image.fact.size(), inverse, warp.interpolation) {
        Some(((width, height), inverse)) => (resize(&source, width, height, MEAN), inverse),
        None => (source, inverse),
    };
    let opaque = fact.alpha == Alpha::Opaque;
    Ok(image_frames(&small, fact, |frame, out| {
        draw(frame, inverse, fact.width as usize, warp, out);
        if opaque {
            out.iter_mut().for_each(|pixel| pixel[3] = 1.0);
        }
    }))
}

/// Draws a matte through a map, by the rules of [`affine`].
pub fn affine_matte(
    matte: &Matte,
    map: Affine,
    size: (u32, u32),
    warp: Warp,
) -> Result<Matte, NotInvertible> {
    let inverse = map.inverse()?;
    let fact = MatteFact { width: size.0.max(1), height: size.1.max(1), ..matte.fact };
    if let Some(steps) = Steps::of(inverse) {
        return Ok(matte_frames(matte, fact, |frame, out| {
            permute(frame, steps, fact.width as usize, warp.edge, out);
        }));
    }
    let (small, inverse) = match shrunk(matte.fact.size(), inverse, warp.interpolation) {
        Some(((width, height), inverse)) => {
            (resize_matte(matte, width, height, MEAN.filter), inverse)
        }
        None => (matte.clone(), inverse),
    };
    Ok(matte_frames(&small, fact, |frame, out| {
        draw(frame, inverse, fact.width as usize, warp, out);
    }))
}

/// What [`affine`] returns, before it is computed.
///
/// An opaque image stays opaque where nothing clear can come in, a straight one straight where
/// pixels are only permuted; everything else is premultiplied.
pub fn affine_fact(
    fact: &ImageFact,
    map: Affine,
    size: (u32, u32),
    edge: Edge,
) -> Result<ImageFact, NotInvertible> {
    let (width, height) = (size.0.max(1), size.1.max(1));
    let steps = Steps::of(map.inverse()?);
    let covered = steps.is_some_and(|steps| steps.stay_within(fact.size(), (width, height)));
    let alpha = match fact.alpha {
        Alpha::Opaque if edge != Edge::Transparent || covered => Alpha::Opaque,
        Alpha::Straight if steps.is_some() => Alpha::Straight,
        _ => Alpha::Premultiplied,
    };
    Ok(ImageFact { width, height, alpha, ..*fact })
}

/// Turns an image clockwise about its centre; exact for multiples of 90 degrees on an expanding
/// canvas.
///
/// The map and the size are those of [`rotation`].
pub fn rotate(
    image: &Image,
    degrees: f64,
    canvas: Canvas,
    warp: Warp,
) -> Result<Image, NotInvertible> {
    let (map, size) = rotation(image.fact.size(), degrees, canvas);
    affine(image, map, size, warp)
}

/// The map that turns a picture of `size` about its centre, and the size of its canvas.
pub fn rotation(size: (u32, u32), degrees: f64, canvas: Canvas) -> (Affine, (u32, u32)) {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let (sin, cos) = exact_sin_cos(degrees);
    let target = match canvas {
        Canvas::Keep => size,
        Canvas::Expand => {
            // What is over a whole pixel by rounding only is not worth another pixel.
            let side = |a: f64, b: f64| (a.abs() + b.abs() - 1e-6).ceil().max(1.0) as u32;
            (side(width * cos, height * sin), side(width * sin, height * cos))
        }
    };
    let map = Affine::translate(-width / 2.0, -height / 2.0)
        .then(Affine::rotate(degrees))
        .then(Affine::translate(f64::from(target.0) / 2.0, f64::from(target.1) / 2.0));
    (map, target)
}

const MEAN: Resize = Resize { filter: Filter::Box, linear_light: false };

/// The size to average a picture down to before it is drawn, and the inverse map from there on.
fn shrunk(
    (width, height): (u32, u32),
    inverse: Affine,
    interpolation: Interpolation,
) -> Option<((u32, u32), Affine)> {
    let factor = inverse.smallest_stretch().floor();
    if factor < 2.0 || interpolation == Interpolation::Nearest {
        return None;
    }
    let side = |side: u32| (f64::from(side) / factor).ceil().max(1.0) as u32;
    let small = (side(width), side(height));
    let scale = |small: u32, large: u32| f64::from(small) / f64::from(large);
    Some((small, inverse.then(Affine::scale(scale(small.0, width), scale(small.1, height)))))
}

/// A map that takes pixel `(x, y)` of the output exactly from pixel `origin + x * dx + y * dy`.
#[derive(Clone, Copy)]
struct Steps {
    origin: (i64, i64),
    dx: (i64, i64),
    dy: (i64, i64),
}

impl Steps {
    fn of(inverse: Affine) -> Option<Self> {
        let [[a, b, _], [d, e, _]] = inverse.0;
        let unit = |v: f64| v == 0.0 || v.abs() == 1.0;
        let permutes = (a == 0.0) != (b == 0.0) && a.abs() == e.abs() && b.abs() == d.abs();
        let (x, y) = inverse.apply(0.5, 0.5);
        let (x, y) = (x - 0.5, y - 0.5);
        let near = x.abs() < 1e9 && y.abs() < 1e9;
        let whole = [a, b, d, e].into_iter().all(unit) && x.fract() == 0.0 && y.fract() == 0.0;
        (permutes && near && whole).then_some(Self {
            origin: (x as i64, y as i64),
            dx: (a as i64, d as i64),
            dy: (b as i64, e as i64),
        })
    }

    fn at(&self, x: i64, y: i64) -> (i64, i64) {
        let Self { origin, dx, dy } = self;
        (origin.0 + x * dx.0 + y * dy.0, origin.1 + x * dx.1 + y * dy.1)
    }

    fn stay_within(&self, (width, height): (u32, u32), to: (u32, u32)) -> bool {
        let last = self.at(i64::from(to.0) - 1, i64::from(to.1) - 1);
        [self.origin, last]
            .into_iter()
            .all(|(x, y)| (0..i64::from(width)).contains(&x) && (0..i64::from(height)).contains(&y))
    }
}

fn permute<const C: usize>(
    frame: Raster<'_, C>,
    steps: Steps,
    width: usize,
    edge: Edge,
    out: &mut [[f32; C]],
) {
    out.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            let (x, y) = steps.at(x as i64, y as i64);
            if let (Some(x), Some(y)) = (edge.index(x, frame.width), edge.index(y, frame.height)) {
                *pixel = frame.pixels[y * frame.width + x];
            }
        }
    });
}

fn draw<const C: usize>(
    frame: Raster<'_, C>,
    inverse: Affine,
    width: usize,
    warp: Warp,
    out: &mut [[f32; C]],
) {
    match warp.interpolation {
        Interpolation::Nearest => {
            rows(inverse, width, (1, 1), out, |x, y| nearest(frame, warp.edge, x, y));
        }
        Interpolation::Bilinear => draw_with(frame, inverse, width, warp.edge, &Linear, out),
        Interpolation::Bicubic => draw_with(frame, inverse, width, warp.edge, &Cubic, out),
        Interpolation::Lanczos3 => draw_with(frame, inverse, width, warp.edge, &Lanczos, out),
    }
}

fn draw_with<const C: usize, const K: usize>(
    frame: Raster<'_, C>,
    inverse: Affine,
    width: usize,
    edge: Edge,
    weights: &impl Weights<K>,
    out: &mut [[f32; C]],
) {
    let (x, y) = inverse.stretches();
    rows(inverse, width, (samples(x), samples(y)), out, |x, y| sample(frame, weights, edge, x, y));
}

/// Samples per output pixel along an axis whose unit steps are `stretch` source pixels long.
fn samples(stretch: f64) -> usize {
    const MOST: f64 = 16.0;
    if stretch > 2.0 { stretch.ceil().min(MOST) as usize } else { 1 }
}

/// Fills rows of `width` with the mean of `samples` values of `read` spread over each pixel.
fn rows<const C: usize>(
    inverse: Affine,
    width: usize,
    samples: (usize, usize),
    out: &mut [[f32; C]],
    read: impl Fn(f64, f64) -> [f32; C] + Sync,
) {
    // Far beyond any picture, where `i64` arithmetic is still safe.
    const FAR: f64 = 1e12;
    let at = |x: f64, y: f64| {
        let (x, y) = inverse.apply(x, y);
        read((x - 0.5).clamp(-FAR, FAR), (y - 0.5).clamp(-FAR, FAR))
    };
    let place = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
    let share = 1.0 / (samples.0 * samples.1) as f32;
    out.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            if samples == (1, 1) {
                *pixel = at(x as f64 + 0.5, y as f64 + 0.5);
                continue;
            }
            for j in 0..samples.1 {
                for i in 0..samples.0 {
                    let value = at(x as f64 + place(i, samples.0), y as f64 + place(j, samples.1));
                    for k in 0..C {
                        pixel[k] += share * value[k];
                    }
                }
            }
        }
    });
}
