//! Colours that run into each other along a line, from a point, or around it.

use rayon::prelude::*;

use crate::image::{linear_to_srgb, premultiply, srgb_to_linear, unpremultiply};
use crate::{Alpha, Encoding, Image, ImageFact, Pixel};

/// Along what the colours change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GradientShape {
    /// Along a line through the centre; the corners get the first and the last colour.
    #[default]
    Linear,
    /// From the centre to the farthest corner.
    Radial,
    /// Clockwise around the centre.
    Angular,
}

impl GradientShape {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("linear", Self::Linear), ("radial", Self::Radial), ("angular", Self::Angular)];
}

/// A colour at a place of the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// 0 at the start to 1 at the end.
    pub position: f32,
    /// Straight, sRGB-encoded.
    pub colour: Pixel,
}

/// A gradient over a whole picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Along what the colours change.
    pub shape: GradientShape,
    /// Clockwise degrees: 0 runs to the right, 90 down; where an angular gradient starts.
    pub degrees: f64,
    /// The centre as fractions of width and height.
    pub centre: (f64, f64),
    /// At least one, by position; two at the same position make a hard edge.
    pub stops: Vec<Stop>,
    /// The encoding in which colours are mixed; the picture is sRGB-encoded all the same.
    pub space: Encoding,
}

/// Fills a picture of `width` by `height` with a gradient, sampled at pixel centres.
///
/// Premultiplied colours are mixed, so that a clear stop has no colour of its own.
///
/// # Panics
/// When there are no stops: a bug of the caller.
pub fn gradient(width: u32, height: u32, how: &Gradient) -> Image {
    let fact = gradient_fact(width, height, how);
    let ramp = Ramp::new(how, fact.alpha);
    let place = Place::new(how, (fact.width, fact.height));
    let mut pixels = vec![[0.0; 4]; fact.len()];
    pixels.par_chunks_mut(fact.width as usize).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = ramp.at(place.of(x as f64 + 0.5, y as f64 + 0.5));
        }
    });
    Image::new(fact, pixels)
}

/// What [`gradient`] returns: opaque where all colours are, else premultiplied.
pub fn gradient_fact(width: u32, height: u32, how: &Gradient) -> ImageFact {
    let solid = how.stops.iter().all(|stop| stop.colour[3] == 1.0);
    let alpha = if solid { Alpha::Opaque } else { Alpha::Premultiplied };
    ImageFact::new(width.max(1), height.max(1), alpha)
}

/// Where on the gradient a pixel lies.
struct Place {
    shape: GradientShape,
    centre: (f64, f64),
    /// The direction, in gradient lengths a pixel.
    along: (f64, f64),
    /// One over the distance to the farthest corner.
    reach: f64,
    degrees: f64,
}

impl Place {
    fn new(how: &Gradient, (width, height): (u32, u32)) -> Self {
        let (width, height) = (f64::from(width), f64::from(height));
        let (sin, cos) = how.degrees.to_radians().sin_cos();
        let length = (width * cos).abs() + (height * sin).abs();
        let centre = (how.centre.0 * width, how.centre.1 * height);
        let far = |size: f64, centre: f64| centre.abs().max((size - centre).abs());
        let reach = 1.0 / far(width, centre.0).hypot(far(height, centre.1));
        let along = (cos / length, sin / length);
        Self { shape: how.shape, centre, along, reach, degrees: how.degrees }
    }

    fn of(&self, x: f64, y: f64) -> f32 {
        let (x, y) = (x - self.centre.0, y - self.centre.1);
        let t = match self.shape {
            GradientShape::Linear => x * self.along.0 + y * self.along.1 + 0.5,
            GradientShape::Radial => x.hypot(y) * self.reach,
            GradientShape::Angular => {
                ((y.atan2(x).to_degrees() - self.degrees) / 360.0).rem_euclid(1.0)
            }
        };
        t as f32
    }
}

/// Stops as premultiplied colours in the encoding they are mixed in.
struct Ramp {
    stops: Vec<Stop>,
    space: Encoding,
    solid: bool,
}

impl Ramp {
    fn new(how: &Gradient, alpha: Alpha) -> Self {
        assert!(!how.stops.is_empty(), "a gradient has colours");
        let colour = |[r, g, b, a]: Pixel| match how.space {
            Encoding::Srgb => premultiply([r, g, b, a]),
            Encoding::Linear => {
                premultiply([srgb_to_linear(r), srgb_to_linear(g), srgb_to_linear(b), a])
            }
        };
        let stops = how.stops.iter().map(|stop| Stop { colour: colour(stop.colour), ..*stop });
        Self { stops: stops.collect(), space: how.space, solid: alpha == Alpha::Opaque }
    }

    fn at(&self, t: f32) -> Pixel {
        let next = self.stops.partition_point(|stop| stop.position <= t);
        let mixed = match (next.checked_sub(1).map(|i| self.stops[i]), self.stops.get(next)) {
            (Some(a), Some(b)) => {
                let part = (t - a.position) / (b.position - a.position);
                std::array::from_fn(|k| a.colour[k] + (b.colour[k] - a.colour[k]) * part)
            }
            (Some(only), None) => only.colour,
            (None, Some(only)) => only.colour,
            (None, None) => unreachable!("a gradient has colours"),
        };
        let [r, g, b, a] = match self.space {
            Encoding::Srgb => mixed,
            Encoding::Linear => {
                let [r, g, b, a] = unpremultiply(mixed);
                premultiply([linear_to_srgb(r), linear_to_srgb(g), linear_to_srgb(b), a])
            }
        };
        [r, g, b, if self.solid { 1.0 } else { a }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Pixel = [0.0, 0.0, 0.0, 1.0];
    const WHITE: Pixel = [1.0; 4];

    fn two(from: Pixel, to: Pixel) -> Gradient {
        Gradient {
            shape: GradientShape::Linear,
            degrees: 0.0,
            centre: (0.5, 0.5),
            stops: vec![Stop { position: 0.0, colour: from }, Stop { position: 1.0, colour: to }],
            space: Encoding::Srgb,
        }
    }

    #[test]
    fn a_horizontal_gradient_has_the_value_of_each_pixel_centre() {
        let image = gradient(4, 2, &two(BLACK, WHITE));
        for (i, pixel) in image.pixels.iter().enumerate() {
            let want = ((i % 4) as f32 + 0.5) / 4.0;
            // One rounding of the position and one of the mix.
            assert!((pixel[0] - want).abs() < 1e-6 && pixel[3] == 1.0);
        }
    }

    #[test]
    fn ninety_degrees_run_down() {
        let image = gradient(1, 2, &Gradient { degrees: 90.0, ..two(BLACK, WHITE) });
        assert!((image.pixels[0][0] - 0.25).abs() < 1e-6);
        assert!((image.pixels[1][0] - 0.75).abs() < 1e-6);
    }

    #[test]
    fn a_clear_stop_lends_no_colour() {
        let image = gradient(8, 1, &two([1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]));
        assert_eq!(image.fact.alpha, Alpha::Premultiplied);
        assert!(image.pixels.iter().all(|p| p[0] == p[3] && p[1] == 0.0));
    }

    #[test]
    fn two_stops_at_one_place_make_a_hard_edge() {
        let stop = |position, colour| Stop { position, colour };
        let stops = vec![stop(0.0, BLACK), stop(0.5, BLACK), stop(0.5, WHITE), stop(1.0, WHITE)];
        let image = gradient(4, 1, &Gradient { stops, ..two(BLACK, WHITE) });
        assert_eq!(image.pixels.iter().map(|p| p[0]).collect::<Vec<_>>(), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_radial_gradient_reaches_its_end_at_the_corners() {
        let how = Gradient { shape: GradientShape::Radial, ..two(BLACK, WHITE) };
        let image = gradient(101, 101, &how);
        assert!(image.pixels[50 * 101 + 50][0] < 1e-6);
        // The centre of the corner pixel lies half a diagonal short of the corner.
        assert!((image.pixels[0][0] - 50.0 / 50.5).abs() < 1e-5);
    }
}
