//! Taking the old background out of soft edges.

use super::bleed::filled_from_nearest;
use super::foreground::{Foreground, foreground_colours};
use crate::frames::{build, map_frames};
use crate::nearest::{nearest_known, squared_distance};
use crate::{Alpha, Image, Pixel};

/// Where the clean colour of a soft pixel comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefringeMethod {
    /// Multi-level foreground estimation over the whole picture.
    Estimate,
    /// The nearest solid pixel.
    Nearest,
}

impl DefringeMethod {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("estimate", Self::Estimate), ("nearest", Self::Nearest)];
}

/// How to defringe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Defringe {
    /// Where clean colour comes from.
    pub method: DefringeMethod,
    /// Soft pixels further than this from a solid one are left alone, in pixels;
    /// [`DefringeMethod::Nearest`] only.
    pub width: f32,
    /// Alpha from which a pixel counts as solid; [`DefringeMethod::Nearest`] only.
    pub solid: f32,
    /// The settings of [`DefringeMethod::Estimate`].
    pub estimate: Foreground,
}

impl Default for Defringe {
    fn default() -> Self {
        Self {
            method: DefringeMethod::Estimate,
            width: 8.0,
            solid: 0.99,
            estimate: Foreground::default(),
        }
    }
}

/// Replaces the colour of soft pixels, `0 < a < 1`, by clean foreground colour.
///
/// The straight colour of a cut-out is taken for what a camera saw, foreground mixed with
/// background, and the colour under alpha 0 for background. A premultiplied image has none there,
/// so the estimate goes on from the nearest pixel that has colour. The result is straight; alpha
/// and all solid and clear pixels are unchanged, bit for bit. An opaque image is returned as it is.
pub fn defringe(image: &Image, settings: &Defringe) -> Image {
    if image.fact.alpha == Alpha::Opaque {
        return image.clone();
    }
    let hidden_colour = image.fact.alpha == Alpha::Straight;
    let image = image.straight();
    let width = image.fact.width as usize;
    map_frames(&image, image.fact, |frame| match settings.method {
        DefringeMethod::Nearest => from_nearest(width, frame, settings),
        DefringeMethod::Estimate if hidden_colour => {
            estimated(width, frame, frame, &settings.estimate)
        }
        DefringeMethod::Estimate => {
            let seen = filled_from_nearest(width, frame, |pixel| pixel[3] > 0.0);
            estimated(width, frame, &seen, &settings.estimate)
        }
    })
}

fn from_nearest(width: usize, frame: &[Pixel], settings: &Defringe) -> Vec<Pixel> {
    let is_solid = |i: usize| frame[i][3] >= settings.solid;
    let Some(nearest) = nearest_known(width, frame.len(), is_solid) else {
        return frame.to_vec();
    };
    let reach = f64::from(settings.width.max(0.0)).powi(2);
    build(frame.len(), |i| {
        let near = nearest[i] as usize;
        let within = squared_distance(width, i, near) as f64 <= reach;
        if is_soft(&frame[i]) && within { recoloured(frame[i], frame[near]) } else { frame[i] }
    })
}

/// Takes the colour of soft pixels from what is seen there, behind clear pixels included.
fn estimated(width: usize, frame: &[Pixel], seen: &[Pixel], settings: &Foreground) -> Vec<Pixel> {
    let alpha: Vec<f32> = frame.iter().map(|pixel| pixel[3]).collect();
    let clean = foreground_colours(width, seen, &alpha, settings);
    build(frame.len(), |i| match (frame[i], clean[i]) {
        (pixel, [r, g, b]) if is_soft(&pixel) => [r, g, b, pixel[3]],
        (pixel, _) => pixel,
    })
}

fn is_soft(pixel: &Pixel) -> bool {
    pixel[3] > 0.0 && pixel[3] < 1.0
}

fn recoloured(pixel: Pixel, [r, g, b, _]: Pixel) -> Pixel {
    [r, g, b, pixel[3]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageFact;

    fn edge() -> Image {
        let soft = |x: usize| {
            let a = (1.0 - x as f32 / 8.0).max(0.0);
            [0.2 * a + (1.0 - a), 0.4 * a + (1.0 - a), (1.0 - a), a]
        };
        let pixels = (0..20 * 6).map(|i| soft((i % 20_usize).saturating_sub(8))).collect();
        Image::new(ImageFact::new(20, 6, Alpha::Straight), pixels)
    }

    #[test]
    fn white_leaves_the_edge_of_a_cut_out() {
        for (method, tolerance) in
            [(DefringeMethod::Nearest, 0.0), (DefringeMethod::Estimate, 0.02)]
        {
            let out = defringe(&edge(), &Defringe { method, ..Defringe::default() });
            for (pixel, old) in out.pixels.iter().zip(edge().pixels.iter()) {
                assert_eq!(pixel[3], old[3]);
                if is_soft(pixel) {
                    // The estimate stops after a few sweeps; 0.02 is five codes of 8 bit, where
                    // the fringe was up to 200.
                    assert!((pixel[0] - 0.2).abs() <= tolerance, "{method:?} {pixel:?}");
                } else {
                    assert_eq!(pixel, old);
                }
            }
        }
    }

    #[test]
    fn soft_pixels_far_from_solid_ones_are_left_alone() {
        let near = Defringe { method: DefringeMethod::Nearest, width: 2.0, ..Defringe::default() };
        let out = defringe(&edge(), &near);
        let changed = (0..20).filter(|x| out.pixels[*x] != edge().pixels[*x]).count();
        assert_eq!(changed, 2);
    }
}
