//! Halo: a rim around a cut-out that neither it nor the background explains.

use super::backgrounds::BACKGROUNDS;
use crate::frames::sum_rows;
use crate::nearest::{nearest_known, squared_distance};
use crate::{Encoding, Image, Pixel};

/// Which pixels are judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HaloSettings {
    /// Alpha from which a pixel counts as inner.
    pub solid: f32,
    /// Alpha up to which a pixel counts as clear.
    pub clear: f32,
    /// How far from an inner pixel an edge pixel may lie, in pixels.
    pub width: f32,
}

impl Default for HaloSettings {
    fn default() -> Self {
        Self { solid: 0.99, clear: 8.0 / 255.0, width: 8.0 }
    }
}

/// The halo of one frame over every one of [`BACKGROUNDS`].
///
/// An edge pixel should look like a mix of the nearest inner colour and the background. Its halo is
/// how far its composite lies outside the range between the two: per channel the distance to the
/// interval, over channels the root of the mean square. Values are means over the edge pixels, 0 to
/// 1 of the sRGB-encoded scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Halo {
    /// The halo over every background.
    pub over: [f64; 9],
    /// The mean of the nine.
    pub mean: f64,
    /// The greatest of the nine.
    pub max: f64,
    /// Edge pixels that were judged; without any, every halo is 0.
    pub edge_pixels: u64,
}

/// Measures the halo of every frame, composited in sRGB-encoded space.
pub fn halo(image: &Image, settings: &HaloSettings) -> Vec<Halo> {
    let image = image.straight().encoded(Encoding::Srgb);
    image.frames().map(|frame| of_frame(image.fact.width, frame, settings)).collect()
}

fn of_frame(width: u32, frame: &[Pixel], settings: &HaloSettings) -> Halo {
    let columns = width as usize;
    let is_inner = |i: usize| frame[i][3] >= settings.solid;
    let Some(inner) = nearest_known(columns, frame.len(), is_inner) else {
        return Halo::default();
    };
    let reach = f64::from(settings.width.max(0.0)).powi(2);
    let sums: [f64; 10] = sum_rows(width, frame.len(), |i| {
        let near = inner[i] as usize;
        let (pixel, alpha) = (frame[i], frame[i][3]);
        let on_edge = alpha > settings.clear && alpha < settings.solid;
        if !on_edge || squared_distance(columns, i, near) as f64 > reach {
            return [0.0; 10];
        }
        std::array::from_fn(|b| match BACKGROUNDS.get(b) {
            Some((_, background)) => overshoot(pixel, frame[near], *background),
            None => 1.0,
        })
    });
    let count = sums[9];
    let over = std::array::from_fn(|b| sums[b] / count.max(1.0));
    Halo {
        over,
        mean: over.iter().sum::<f64>() / 9.0,
        max: over.iter().copied().fold(0.0, f64::max),
        edge_pixels: count as u64,
    }
}

/// How far a pixel's composite lies outside the range between an inner colour and a background.
fn overshoot(pixel: Pixel, inner: Pixel, background: [f32; 3]) -> f64 {
    let alpha = f64::from(pixel[3]);
    let squares = (0..3).map(|c| {
        let (own, inner, behind) =
            (f64::from(pixel[c]), f64::from(inner[c]), f64::from(background[c]));
        let shown = alpha * own + (1.0 - alpha) * behind;
        let outside = (inner.min(behind) - shown).max(shown - inner.max(behind)).max(0.0);
        outside * outside
    });
    (squares.sum::<f64>() / 3.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn edge(rim: f32) -> Image {
        let pixel = |x: usize| match x {
            0..4 => [0.3, 0.3, 0.3, 1.0],
            4..6 => [rim, rim, rim, 0.5],
            _ => [0.0; 4],
        };
        Image::new(ImageFact::new(10, 3, Alpha::Straight), (0..30).map(|i| pixel(i % 10)).collect())
    }

    fn over(halo: &Halo, name: &str) -> f64 {
        halo.over[BACKGROUNDS.iter().position(|(n, _)| *n == name).unwrap()]
    }

    #[test]
    fn a_clean_edge_has_no_halo_anywhere() {
        let clean = halo(&edge(0.3), &HaloSettings::default())[0];
        assert_eq!((clean.max, clean.edge_pixels), (0.0, 6));
    }

    #[test]
    fn a_white_rim_shows_on_black_and_a_black_one_on_white() {
        let white = halo(&edge(1.0), &HaloSettings::default())[0];
        // Half of 1.0 over black is 0.5, which is 0.2 beyond the inner 0.3.
        assert!((over(&white, "black") - 0.2).abs() < 1e-6);
        assert_eq!(over(&white, "white"), 0.0);
        let black = halo(&edge(0.0), &HaloSettings::default())[0];
        assert!(over(&black, "black") == 0.0 && over(&black, "grey") > 0.04);
    }

    #[test]
    fn without_inner_pixels_there_is_nothing_to_judge() {
        let faint = edge(0.3).map(edge(0.3).fact, |[r, g, b, a]| [r, g, b, a * 0.5]);
        assert_eq!(halo(&faint, &HaloSettings::default())[0], Halo::default());
    }
}
