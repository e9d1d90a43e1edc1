//! Alpha hygiene: what is wrong with a cut-out's alpha, in numbers.

use crate::components::{Components, Neighbours, components, on_frame_edge};
use crate::{Image, Pixel};

/// Where haze ends and a body begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HygieneLevels {
    /// Alpha up to which a pixel that is not clear is haze.
    pub haze: f32,
    /// Alpha from which a pixel that is not solid leaks.
    pub leak: f32,
    /// Alpha below which a pixel can be part of a hole.
    pub hole: f32,
}

impl Default for HygieneLevels {
    fn default() -> Self {
        Self { haze: 8.0 / 255.0, leak: 247.0 / 255.0, hole: 0.5 }
    }
}

/// The alpha of one frame. Fractions are of all pixels of the frame, unless they say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hygiene {
    /// Fraction of pixels that are nearly clear, `0 < a <= haze`: a veil over the backdrop.
    pub haze: f64,
    /// Fraction of pixels that are nearly solid, `leak <= a < 1`: the backdrop shows through.
    pub leak: f64,
    /// Fraction of pixels in between, `haze < a < leak`.
    pub soft: f64,
    /// Fraction of solid pixels, `a >= 1`.
    pub solid: f64,
    /// Holes: 4-connected regions of `a < hole` that touch no edge of the frame.
    pub holes: u32,
    /// Fraction of pixels in holes.
    pub hole_fraction: f64,
    /// Islands: 8-connected regions of `a > haze` other than the largest.
    pub islands: u32,
    /// Fraction of pixels in islands.
    pub island_fraction: f64,
    /// Fraction of the pixels on the edge of the frame with `a > haze`: a subject cut off.
    pub border_contact: f64,
    /// The greatest alpha on the edge of the frame.
    pub border_max: f64,
}

/// Measures the alpha of every frame.
pub fn hygiene(image: &Image, levels: &HygieneLevels) -> Vec<Hygiene> {
    let width = image.fact.width as usize;
    image.frames().map(|frame| of_frame(width, frame, levels)).collect()
}

fn of_frame(width: usize, frame: &[Pixel], levels: &HygieneLevels) -> Hygiene {
    let height = frame.len() / width;
    let count = frame.len() as f64;
    let fraction = |inside: &dyn Fn(f32) -> bool| {
        frame.iter().filter(|pixel| inside(pixel[3])).count() as f64 / count
    };
    let is_body = |i: usize| frame[i][3] > levels.haze;
    let holes = components(width, frame.len(), Neighbours::Four, |i| frame[i][3] < levels.hole);
    let (holes, hole_pixels) = total(&holes, |hole| !holes.on_edge[hole]);
    let bodies = components(width, frame.len(), Neighbours::Eight, is_body);
    let largest = bodies.largest();
    let (islands, island_pixels) = total(&bodies, |body| Some(body) != largest);
    let border: Vec<usize> =
        (0..frame.len()).filter(|i| on_frame_edge(*i, width, height)).collect();
    let touching = border.iter().filter(|i| is_body(**i)).count();
    Hygiene {
        haze: fraction(&|a| a > 0.0 && a <= levels.haze),
        leak: fraction(&|a| a >= levels.leak && a < 1.0),
        soft: fraction(&|a| a > levels.haze && a < levels.leak),
        solid: fraction(&|a| a >= 1.0),
        holes,
        hole_fraction: hole_pixels as f64 / count,
        islands,
        island_fraction: island_pixels as f64 / count,
        border_contact: touching as f64 / border.len() as f64,
        border_max: border.iter().fold(0.0, |most, i| f64::from(frame[*i][3]).max(most)),
    }
}

/// How many components satisfy a condition, and how many pixels they have.
fn total(found: &Components, counts: impl Fn(usize) -> bool) -> (u32, u64) {
    let sizes = found.sizes.iter().enumerate().filter(|(i, _)| counts(*i));
    sizes.fold((0, 0), |(n, pixels), (_, size)| (n + 1, pixels + u64::from(*size)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    #[test]
    fn every_fault_is_one_number() {
        let rows = ["#..-", ".###", "+#.#", ".###", "...o"];
        let alpha = |byte| match byte {
            b'-' => 0.02,
            b'o' => 0.5,
            b'+' => 0.98,
            b'#' => 1.0,
            _ => 0.0,
        };
        let pixels: Vec<Pixel> =
            rows.iter().flat_map(|row| row.bytes()).map(|b| [0.0, 0.0, 0.0, alpha(b)]).collect();
        let image = Image::new(ImageFact::new(4, 5, Alpha::Straight), pixels);
        let got = hygiene(&image, &HygieneLevels::default());
        let wanted = Hygiene {
            haze: 0.05,
            leak: 0.05,
            soft: 0.05,
            solid: 0.45,
            holes: 1,
            hole_fraction: 0.05,
            islands: 0,
            island_fraction: 0.0,
            border_contact: 6.0 / 14.0,
            border_max: 1.0,
        };
        assert_eq!(got, [wanted]);
    }

    #[test]
    fn an_island_is_what_the_largest_body_does_not_reach() {
        let pixels = [1.0, 1.0, 0.0, 0.5, 0.01].map(|a| [0.0, 0.0, 0.0, a]).to_vec();
        let image = Image::new(ImageFact::new(5, 1, Alpha::Straight), pixels);
        let got = hygiene(&image, &HygieneLevels::default())[0];
        assert_eq!((got.islands, got.island_fraction, got.holes), (1, 0.2, 0));
    }
}
