//! Rectangles and ellipses as mattes.

use rayon::prelude::*;

use crate::{Matte, MatteFact};

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outline {
    /// With corners that may be round.
    #[default]
    Rectangle,
    /// The ellipse that touches the middle of each side.
    Ellipse,
}

impl Outline {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("rectangle", Self::Rectangle), ("ellipse", Self::Ellipse)];
}

/// A figure on a matte. Lengths are in pixels and may be fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What is drawn.
    pub outline: Outline,
    /// The left edge.
    pub x: f64,
    /// The top edge.
    pub y: f64,
    /// Distance of left and right edge.
    pub width: f64,
    /// Distance of top and bottom edge.
    pub height: f64,
    /// Radius of a rectangle's corners.
    pub corner: f64,
    /// Width of the ramp from 1 to 0, centred on the edge; below 1 it is as wide as a pixel.
    pub softness: f64,
}

/// A matte of `size` that is 1 inside the figure and 0 outside.
///
/// The ramp between follows the distance to the edge, which for ellipses is the first-order
/// estimate `k (k - 1) / |grad|` (exact on the edge and for circles).
pub fn draw_figure(size: (u32, u32), figure: Figure) -> Matte {
    let fact = MatteFact::new(size.0.max(1), size.1.max(1));
    if figure.width <= 0.0 || figure.height <= 0.0 {
        return Matte::new(fact, vec![0.0; fact.len()]);
    }
    let (half_x, half_y) = (figure.width / 2.0, figure.height / 2.0);
    let (centre_x, centre_y) = (figure.x + half_x, figure.y + half_y);
    let ramp = figure.softness.max(1.0);
    let corner = figure.corner.clamp(0.0, half_x.min(half_y));
    let mut values = vec![0.0; fact.len()];
    values.par_chunks_mut(fact.width as usize).enumerate().for_each(|(y, row)| {
        let y = (y as f64 + 0.5 - centre_y).abs();
        for (x, value) in row.iter_mut().enumerate() {
            let x = (x as f64 + 0.5 - centre_x).abs();
            let distance = match figure.outline {
                Outline::Rectangle => to_rectangle(x, y, half_x, half_y, corner),
                Outline::Ellipse => to_ellipse(x, y, half_x, half_y),
            };
            *value = (0.5 - distance / ramp).clamp(0.0, 1.0) as f32;
        }
    });
    Matte::new(fact, values)
}

/// Signed distance, negative inside.
fn to_rectangle(x: f64, y: f64, half_x: f64, half_y: f64, corner: f64) -> f64 {
    let (x, y) = (x - half_x + corner, y - half_y + corner);
    x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - corner
}

fn to_ellipse(x: f64, y: f64, half_x: f64, half_y: f64) -> f64 {
    let k = (x / half_x).hypot(y / half_y);
    let slope = (x / (half_x * half_x)).hypot(y / (half_y * half_y));
    if slope == 0.0 { -half_x.min(half_y) } else { k * (k - 1.0) / slope }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURE: Figure = Figure {
        outline: Outline::Rectangle,
        x: 1.0,
        y: 1.0,
        width: 3.0,
        height: 2.0,
        corner: 0.0,
        softness: 0.0,
    };

    #[test]
    fn a_rectangle_on_whole_pixels_has_no_ramp() {
        let matte = draw_figure((5, 4), FIGURE);
        for (i, value) in matte.values.iter().enumerate() {
            let inside = (1..4).contains(&(i % 5)) && (1..3).contains(&(i / 5));
            assert_eq!(*value, f32::from(u8::from(inside)), "{i}");
        }
    }

    #[test]
    fn an_edge_between_pixels_covers_its_pixel_in_part() {
        let matte = draw_figure((5, 4), Figure { x: 1.25, width: 2.5, ..FIGURE });
        assert_eq!(matte.values[5..10], [0.0, 0.75, 1.0, 0.75, 0.0]);
    }

    #[test]
    fn a_disc_has_the_area_of_a_disc() {
        let disc = Figure {
            outline: Outline::Ellipse,
            x: 10.0,
            y: 10.0,
            width: 80.0,
            height: 80.0,
            ..FIGURE
        };
        let area: f32 = draw_figure((100, 100), disc).values.iter().sum();
        let want = std::f32::consts::PI * 40.0 * 40.0;
        // The ramp stands for exact coverage; on a circle of this size the two agree this well.
        assert!((area / want - 1.0).abs() < 1e-3, "{area} {want}");
    }

    #[test]
    fn a_figure_without_extent_covers_nothing() {
        for outline in [Outline::Rectangle, Outline::Ellipse] {
            let matte = draw_figure((4, 4), Figure { outline, width: 0.0, height: 0.0, ..FIGURE });
            assert!(matte.values.iter().all(|v| *v == 0.0));
        }
    }
}
