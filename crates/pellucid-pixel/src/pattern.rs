//! Pictures made from nothing: gradients and checkerboards.

mod gradient;

use rayon::prelude::*;

pub use gradient::{Gradient, GradientShape, Stop, gradient, gradient_fact};

use crate::{Alpha, Image, ImageFact, Pixel};

/// A board of two colours, the first at the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checkerboard {
    /// Side of a square in pixels; 0 counts as 1.
    pub side: u32,
    /// Straight colours.
    pub colours: [Pixel; 2],
}

/// Fills a picture of `width` by `height` with a checkerboard.
pub fn checkerboard(width: u32, height: u32, board: Checkerboard) -> Image {
    let fact = checkerboard_fact(width, height, board);
    let (width, side) = (fact.width as usize, board.side.max(1) as usize);
    let mut pixels = vec![[0.0; 4]; fact.len()];
    pixels.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = board.colours[(x / side + y / side) % 2];
        }
    });
    Image::new(fact, pixels)
}

/// What [`checkerboard`] returns: opaque where both colours are, else straight.
pub fn checkerboard_fact(width: u32, height: u32, board: Checkerboard) -> ImageFact {
    let solid = board.colours.iter().all(|colour| colour[3] == 1.0);
    let alpha = if solid { Alpha::Opaque } else { Alpha::Straight };
    ImageFact::new(width.max(1), height.max(1), alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_alternate_from_the_top_left() {
        let colours = [[0.0, 0.0, 0.0, 1.0], [1.0; 4]];
        let board = checkerboard(5, 3, Checkerboard { side: 2, colours });
        let red: Vec<f32> = board.pixels.iter().map(|p| p[0]).collect();
        let rows =
            [[0.0, 0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0, 1.0]];
        assert_eq!(red, rows.concat());
        assert_eq!(board.fact.alpha, Alpha::Opaque);
    }
}
