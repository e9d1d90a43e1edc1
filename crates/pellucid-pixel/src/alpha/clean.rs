//! Alpha hygiene: haze, nearly solid bodies, crumbs and pinholes.

use super::bleed::filled_from_nearest;
use crate::components::{Neighbours, components};
use crate::{Alpha, Image, Pixel};

/// What to clean, in this order. The defaults change little that an eye would see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clean {
    /// Alpha below this becomes 0; 0 leaves haze alone.
    pub haze: f32,
    /// Alpha at or above this becomes 1; 1 leaves nearly solid pixels alone.
    pub close: f32,
    /// Islands of fewer pixels become clear: 8-connected pixels of alpha above 0.
    pub island: u32,
    /// Holes of fewer pixels become solid: 4-connected pixels of alpha below `close` that touch
    /// no edge of the frame.
    pub hole: u32,
}

impl Default for Clean {
    fn default() -> Self {
        Self { haze: 0.04, close: 0.96, island: 16, hole: 16 }
    }
}

impl Clean {
    /// The settings that return every picture as it is.
    pub const IDENTITY: Self = Self { haze: 0.0, close: 1.0, island: 0, hole: 0 };
}

/// What [`clean`] changed, over all frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanReport {
    /// Pixels of haze that became clear.
    pub haze_pixels: u64,
    /// Nearly solid pixels that became solid.
    pub closed_pixels: u64,
    /// Islands removed.
    pub islands: u64,
    /// Pixels of those islands.
    pub island_pixels: u64,
    /// Holes filled.
    pub holes: u64,
    /// Pixels of those holes.
    pub hole_pixels: u64,
}

/// Cleans alpha and says what it changed.
///
/// Straight colour is unchanged. A premultiplied image has no colour under a clear hole: such
/// pixels take the colour of the nearest pixel that has one. An opaque image is returned as it is.
pub fn clean(image: &Image, clean: &Clean) -> (Image, CleanReport) {
    let mut report = CleanReport::default();
    if image.fact.alpha == Alpha::Opaque {
        return (image.clone(), report);
    }
    let width = image.fact.width as usize;
    let mut pixels = Vec::with_capacity(image.pixels.len());
    for frame in image.frames() {
        let alpha = cleaned(width, frame, clean, &mut report);
        if image.fact.alpha == Alpha::Premultiplied {
            pixels.append(&mut under_new_alpha(width, frame, &alpha));
        } else {
            pixels.extend(frame.iter().zip(alpha).map(|([r, g, b, _], a)| [*r, *g, *b, a]));
        }
    }
    (Image::new(image.fact, pixels), report)
}

fn cleaned(width: usize, frame: &[Pixel], clean: &Clean, report: &mut CleanReport) -> Vec<f32> {
    let mut alpha: Vec<f32> = frame.iter().map(|pixel| pixel[3]).collect();
    for a in &mut alpha {
        if *a > 0.0 && *a < clean.haze {
            *a = 0.0;
            report.haze_pixels += 1;
        } else if *a >= clean.close && *a < 1.0 {
            *a = 1.0;
            report.closed_pixels += 1;
        }
    }
    if clean.island > 1 {
        let islands = components(width, alpha.len(), Neighbours::Eight, |i| alpha[i] > 0.0);
        let small: Vec<bool> = islands.sizes.iter().map(|size| *size < clean.island).collect();
        report.islands += count(&small);
        report.island_pixels += set_where(&mut alpha, 0.0, |i| in_marked(islands.of(i), &small));
    }
    if clean.hole > 1 {
        let holes = components(width, alpha.len(), Neighbours::Four, |i| alpha[i] < clean.close);
        let small: Vec<bool> = holes
            .sizes
            .iter()
            .zip(&holes.on_edge)
            .map(|(size, on_edge)| !on_edge && *size < clean.hole)
            .collect();
        report.holes += count(&small);
        report.hole_pixels += set_where(&mut alpha, 1.0, |i| in_marked(holes.of(i), &small));
    }
    alpha
}

fn count(marked: &[bool]) -> u64 {
    marked.iter().filter(|marked| **marked).count() as u64
}

fn in_marked(component: Option<usize>, marked: &[bool]) -> bool {
    component.is_some_and(|component| marked[component])
}

fn set_where(alpha: &mut [f32], value: f32, place: impl Fn(usize) -> bool) -> u64 {
    let mut changed = 0;
    for (_, a) in alpha.iter_mut().enumerate().filter(|(i, _)| place(*i)) {
        *a = value;
        changed += 1;
    }
    changed
}

fn under_new_alpha(width: usize, frame: &[Pixel], alpha: &[f32]) -> Vec<Pixel> {
    let bare = frame.iter().zip(alpha).any(|(pixel, a)| pixel[3] <= 0.0 && *a > 0.0);
    let coloured = if bare {
        let straight: Vec<Pixel> = frame.iter().map(|p| crate::image::unpremultiply(*p)).collect();
        filled_from_nearest(width, &straight, |pixel| pixel[3] > 0.0)
    } else {
        Vec::new()
    };
    let pixel = |i: usize| match (frame[i], alpha[i]) {
        (pixel, a) if pixel[3] > 0.0 => super::scaled_to(pixel, a),
        (_, a) if a > 0.0 => {
            let [r, g, b, _] = coloured[i];
            crate::image::premultiply([r, g, b, a])
        }
        (pixel, _) => pixel,
    };
    (0..frame.len()).map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageFact;

    /// `.` clear, `-` haze, `o` half, `+` nearly solid, `#` solid.
    fn drawn(rows: &[&str]) -> Image {
        let fact = ImageFact::new(rows[0].len() as u32, rows.len() as u32, Alpha::Straight);
        let pixel = |byte| match byte {
            b'-' => 0.02,
            b'o' => 0.5,
            b'+' => 0.98,
            b'#' => 1.0,
            _ => 0.0,
        };
        let pixels = rows.iter().flat_map(|row| row.bytes().map(pixel));
        Image::new(fact, pixels.map(|a| [0.25, 0.5, 0.75, a]).collect())
    }

    fn alphas(image: &Image) -> Vec<f32> {
        image.pixels.iter().map(|p| p[3]).collect()
    }

    const DIRTY: [&str; 6] = [
        "-.......#", //
        "..#####..",
        "..#o.##..",
        "..#++##..",
        "..#####..",
        "........o",
    ];

    #[test]
    fn every_kind_of_dirt_is_removed_and_counted() {
        let settings = Clean { island: 2, hole: 3, ..Clean::default() };
        let (out, report) = clean(&drawn(&DIRTY), &settings);
        let expected = drawn(&[
            ".........", //
            "..#####..",
            "..#####..",
            "..#####..",
            "..#####..",
            ".........",
        ]);
        assert_eq!(out, expected);
        let counted = CleanReport {
            haze_pixels: 1,
            closed_pixels: 2,
            islands: 2,
            island_pixels: 2,
            holes: 1,
            hole_pixels: 2,
        };
        assert_eq!(report, counted);
    }

    #[test]
    fn a_hole_of_the_stated_size_stays() {
        let (out, report) =
            clean(&drawn(&DIRTY), &Clean { hole: 2, island: 1, ..Clean::default() });
        assert_eq!((report.holes, report.islands), (0, 0));
        assert_eq!(out.pixels[22][3], 0.0);
    }

    #[test]
    fn identity_settings_change_nothing() {
        let image = drawn(&DIRTY);
        assert_eq!(clean(&image, &Clean::IDENTITY), (image, CleanReport::default()));
    }

    #[test]
    fn a_filled_hole_of_a_premultiplied_picture_takes_the_colour_around_it() {
        let image = drawn(&DIRTY);
        let (straight, report) = clean(&image, &Clean::default());
        let (premultiplied, same) = clean(&image.premultiplied(), &Clean::default());
        assert_eq!(report, same);
        assert_eq!(alphas(&straight), alphas(&premultiplied));
        for (p, q) in premultiplied.pixels.iter().zip(straight.premultiplied().pixels.iter()) {
            // One division and one product apart.
            assert!(p.iter().zip(q).all(|(a, b)| (a - b).abs() < 1e-6), "{p:?} {q:?}");
        }
    }
}
