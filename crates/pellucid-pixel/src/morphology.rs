//! Growing, shrinking and shaping mattes.

mod extreme;

use rayon::prelude::*;

use crate::blur::{Gaussian, gaussian_blur_matte};
use crate::raster::{Raster, matte_frames};
use crate::{Edge, Matte};

/// The largest radius of a disc or square, in pixels; larger ones count as this.
pub const LARGEST_RADIUS: f32 = 1024.0;

/// The neighbourhood of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// All pixels with `dx² + dy² <= r²`.
    #[default]
    Disc,
    /// All pixels with `|dx| <= r` and `|dy| <= r`.
    Square,
}

impl Shape {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("disc", Self::Disc), ("square", Self::Square)];
}

/// What counts as being outside the picture when a matte grows or shrinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outside {
    /// 0: eroding eats into what touches the border.
    #[default]
    Clear,
    /// Nothing: only pixels inside the picture are looked at.
    Ignored,
}

impl Outside {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("clear", Self::Clear), ("ignored", Self::Ignored)];
}

/// A neighbourhood and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Neighbourhood {
    /// Square or disc.
    pub shape: Shape,
    /// Pixels; between whole radii the two results are mixed linearly. 0 or less changes nothing.
    pub radius: f32,
    /// What lies outside the picture.
    pub outside: Outside,
}

impl Neighbourhood {
    /// A disc with clear outside.
    pub const fn disc(radius: f32) -> Self {
        Self { shape: Shape::Disc, radius, outside: Outside::Clear }
    }

    /// A square with clear outside.
    pub const fn square(radius: f32) -> Self {
        Self { shape: Shape::Square, radius, outside: Outside::Clear }
    }
}

/// The smallest value of every neighbourhood.
pub fn erode(matte: &Matte, within: Neighbourhood) -> Matte {
    extreme::<false>(matte, within)
}

/// The largest value of every neighbourhood.
pub fn dilate(matte: &Matte, within: Neighbourhood) -> Matte {
    extreme::<true>(matte, within)
}

/// Erodes, then dilates: removes specks smaller than the neighbourhood.
pub fn open(matte: &Matte, within: Neighbourhood) -> Matte {
    dilate(&erode(matte, within), within)
}

/// Dilates, then erodes: closes holes smaller than the neighbourhood.
pub fn close(matte: &Matte, within: Neighbourhood) -> Matte {
    erode(&dilate(matte, within), within)
}

/// Dilates by `radius` pixels, or erodes by `-radius` where it is negative.
pub fn grow(matte: &Matte, within: Neighbourhood) -> Matte {
    if within.radius < 0.0 {
        erode(matte, Neighbourhood { radius: -within.radius, ..within })
    } else {
        dilate(matte, within)
    }
}

fn extreme<const MAX: bool>(matte: &Matte, within: Neighbourhood) -> Matte {
    if within.radius.is_nan() || within.radius <= 0.0 {
        return matte.clone();
    }
    let radius = within.radius.min(LARGEST_RADIUS);
    let floor = whole::<MAX>(matte, within, radius as usize);
    let fraction = radius.fract();
    if fraction == 0.0 {
        return floor;
    }
    mix(&floor, &whole::<MAX>(matte, within, radius as usize + 1), fraction)
}

fn whole<const MAX: bool>(matte: &Matte, within: Neighbourhood, radius: usize) -> Matte {
    if radius == 0 {
        return matte.clone();
    }
    let outside = match within.outside {
        Outside::Clear => 0.0,
        Outside::Ignored if MAX => f32::NEG_INFINITY,
        Outside::Ignored => f32::INFINITY,
    };
    matte_frames(matte, matte.fact, |frame: Raster<'_, 1>, out| match within.shape {
        Shape::Square => extreme::square::<MAX>(frame, radius, outside, out),
        Shape::Disc => extreme::disc::<MAX>(frame, radius, outside, out),
    })
}

fn mix(a: &Matte, b: &Matte, t: f32) -> Matte {
    combine(a, b, |a, b| a + (b - a) * t)
}

fn combine(a: &Matte, b: &Matte, f: impl Fn(f32, f32) -> f32 + Sync) -> Matte {
    let pairs = a.values.par_iter().zip(b.values.par_iter()).with_min_len(16384);
    Matte::new(a.fact, pairs.map(|(a, b)| f(*a, *b)).collect())
}

/// On which side of an edge a feathered ramp lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// Half inside, half outside: a plain blur.
    #[default]
    Centred,
    /// Inside: nothing grows.
    Inward,
    /// Outside: nothing shrinks.
    Outward,
}

impl Side {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("centred", Self::Centred), ("inward", Self::Inward), ("outward", Self::Outward)];
}

/// Softens the edges of a matte with a Gaussian of `sigma` pixels.
///
/// Inward and outward shift the edge by two sigma first and never exceed, or fall below, the
/// matte. The border of the picture is no edge.
pub fn feather(matte: &Matte, sigma: f32, side: Side) -> Matte {
    let blur =
        |matte: &Matte| gaussian_blur_matte(matte, Gaussian::new(sigma).with_edge(Edge::Clamp));
    let within =
        Neighbourhood { shape: Shape::Disc, radius: 2.0 * sigma, outside: Outside::Ignored };
    match side {
        Side::Centred => blur(matte),
        Side::Inward => combine(matte, &blur(&erode(matte, within)), f32::min),
        Side::Outward => combine(matte, &blur(&dilate(matte, within)), f32::max),
    }
}

/// 1 where a value is at least `level`, else 0; with `softness` a linear ramp that wide, centred
/// on `level`.
pub fn threshold(matte: &Matte, level: f32, softness: f32) -> Matte {
    if softness > 0.0 {
        matte.map(|value| ((value - level) / softness + 0.5).clamp(0.0, 1.0))
    } else {
        matte.map(|value| f32::from(u8::from(value >= level)))
    }
}

/// One minus every value.
pub fn invert(matte: &Matte) -> Matte {
    matte.map(|value| 1.0 - value)
}
