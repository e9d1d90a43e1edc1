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
    /// All pixels with `|dx| + |dy| <= r`.
    Diamond,
}

impl Shape {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("disc", Self::Disc), ("square", Self::Square), ("diamond", Self::Diamond)];
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
        Shape::Disc => extreme::spans::<MAX>(frame, radius, extreme::disc, outside, out),
        Shape::Diamond => extreme::spans::<MAX>(frame, radius, extreme::diamond, outside, out),
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

/// How wide the ramps of [`feather_border`] are, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ramps {
    /// At the left border.
    pub left: u32,
    /// At the top border.
    pub top: u32,
    /// At the right border.
    pub right: u32,
    /// At the bottom border.
    pub bottom: u32,
    /// Begin the ramps of right and bottom one step outside, on the first column and row instead.
    pub wrapped: bool,
}

/// Fades a matte out towards the borders of the picture: value `k` of a ramp of `n`, counted from
/// the border and from 0, is multiplied by `(k + 1) / n`. A ramp is at most as wide as the picture.
pub fn feather_border(matte: &Matte, ramps: Ramps) -> Matte {
    let columns = border_factors(matte.fact.width, ramps.left, ramps.right, ramps.wrapped);
    let rows = border_factors(matte.fact.height, ramps.top, ramps.bottom, ramps.wrapped);
    let mut values = matte.values.to_vec();
    let (width, height) = (matte.fact.width as usize, matte.fact.height as usize);
    values.par_chunks_mut(width).with_min_len(16).enumerate().for_each(|(y, row)| {
        for (value, column) in row.iter_mut().zip(&columns) {
            *value *= column * rows[y % height];
        }
    });
    Matte::new(matte.fact, values)
}

fn border_factors(len: u32, start: u32, end: u32, wrapped: bool) -> Vec<f32> {
    let (n, start, end) = (len as usize, start.min(len), end.min(len));
    let mut factors = vec![1.0; n];
    let step = |k: u32, of: u32| ((f64::from(k) + 1.0) / f64::from(of)) as f32;
    (0..start).for_each(|k| factors[k as usize] *= step(k, start));
    for k in 0..end {
        let from_end = k as usize + usize::from(!wrapped);
        factors[(n - from_end) % n] *= step(k, end);
    }
    factors
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

/// 1 where a value is above `level`, else 0.
pub fn above(matte: &Matte, level: f32) -> Matte {
    matte.map(|value| f32::from(u8::from(value > level)))
}

/// One minus every value.
pub fn invert(matte: &Matte) -> Matte {
    matte.map(|value| 1.0 - value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    fn dot(size: u32) -> Matte {
        let mut values = vec![0.0; (size * size) as usize];
        values[(size / 2 * size + size / 2) as usize] = 1.0;
        Matte::new(MatteFact::new(size, size), values)
    }

    #[test]
    fn a_diamond_is_what_a_plus_gives_when_it_grows_again_and_again() {
        let within = |radius: u32| Neighbourhood {
            shape: Shape::Diamond,
            radius: radius as f32,
            outside: Outside::Ignored,
        };
        let stepwise = (0..4).fold(dot(9), |matte, _| dilate(&matte, within(1)));
        assert_eq!(dilate(&dot(9), within(4)), stepwise);
        assert_eq!(dilate(&dot(9), within(1)).values.iter().sum::<f32>(), 5.0);
        assert_eq!(stepwise.values.iter().sum::<f32>(), 41.0);
    }

    #[test]
    fn borders_fade_by_equal_steps() {
        let matte = Matte::new(MatteFact::new(6, 1), vec![1.0; 6]);
        let faded = |ramps| feather_border(&matte, ramps).values.to_vec();
        let ramps = Ramps { left: 2, right: 4, ..Ramps::default() };
        assert_eq!(faded(ramps), [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]);
        let wrapped = Ramps { wrapped: true, ..ramps };
        assert_eq!(faded(wrapped), [0.5 * 0.25, 1.0, 1.0, 1.0, 0.75, 0.5]);
        let wide = Ramps { top: 9, bottom: 0, ..Ramps::default() };
        assert_eq!(faded(wide), [1.0; 6]);
    }

    #[test]
    fn the_level_itself_is_inside_or_not() {
        let matte = Matte::new(MatteFact::new(2, 1), vec![0.5, 0.6]);
        assert_eq!(*threshold(&matte, 0.5, 0.0).values, [1.0, 1.0]);
        assert_eq!(*above(&matte, 0.5).values, [0.0, 1.0]);
    }
}
