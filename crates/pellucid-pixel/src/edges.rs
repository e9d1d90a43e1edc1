//! Edge maps, as hints for networks and as masks.

mod gradient;
mod thin;

use gradient::{Gradient, gradients};

use crate::blur::{Gaussian, gaussian_blur, gaussian_blur_matte};
use crate::raster::alpha_plane;
use crate::window::{Window, window_blur_matte};
use crate::{Edge, Image, ImageFact, Matte, MatteFact};

/// Differences below this are rounding: values of 8-bit pictures differ by 0.004 or not at all.
const TIE: f32 = 1e-5;

/// What of an image the edges are found in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Source {
    /// Luma of the colour over black: 0.299 R + 0.587 G + 0.114 B.
    #[default]
    Luma,
    /// At every pixel the colour channel that changes most, over black.
    Colour,
    /// Alpha.
    Alpha,
}

impl Source {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("luma", Self::Luma), ("colour", Self::Colour), ("alpha", Self::Alpha)];
}

/// How the length of a gradient is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Norm {
    /// `|dx| + |dy|`, what OpenCV does unless told otherwise.
    #[default]
    L1,
    /// `sqrt(dx² + dy²)`.
    L2,
}

impl Norm {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[("l1", Self::L1), ("l2", Self::L2)];
}

/// Whose details to follow where two libraries differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Manner {
    /// OpenCV: of two equal neighbours along a row or a column one is an edge.
    #[default]
    OpenCv,
    /// Kornia: an edge exceeds both neighbours, directions are rounded to 45 degrees, the blur is
    /// cut off at 5 pixels a side and reflected at border pixels.
    Kornia,
}

impl Manner {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("opencv", Self::OpenCv), ("kornia", Self::Kornia)];
}

/// How to find thin edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canny {
    /// Where to look.
    pub source: Source,
    /// Standard deviation of a blur before, in pixels; 0 for none.
    pub sigma: f32,
    /// Gradients at most this are no edges. The unit is that of a Sobel sum over values in 0..1:
    /// OpenCV's thresholds divided by 255.
    pub low: f32,
    /// Gradients above this are edges, and so are the ones above `low` that are connected.
    pub high: f32,
    /// How gradients are measured.
    pub norm: Norm,
    /// Whose details to follow.
    pub manner: Manner,
}

impl Default for Canny {
    fn default() -> Self {
        Self {
            source: Source::Luma,
            sigma: 0.0,
            low: 0.4,
            high: 0.8,
            norm: Norm::L1,
            manner: Manner::OpenCv,
        }
    }
}

/// Thin edges by J. Canny, 1986, as 1 on 0: Sobel gradients, local maxima along four directions,
/// and hysteresis over eight neighbours. The border counts as its nearest pixel.
pub fn canny(image: &Image, how: Canny) -> Matte {
    let planes = match how.manner {
        Manner::OpenCv => planes(image, how.source, how.sigma),
        Manner::Kornia => {
            let sharp = planes(image, how.source, 0.0);
            sharp.iter().map(|plane| windowed(plane, how.sigma)).collect()
        }
    };
    thin::edges(&planes, image_size(&image.fact), how)
}

/// Thin edges of a matte; `how.source` does not matter.
pub fn canny_matte(matte: &Matte, how: Canny) -> Matte {
    let blurred = match how.manner {
        Manner::OpenCv => {
            gaussian_blur_matte(matte, Gaussian::new(how.sigma).with_edge(Edge::Clamp))
        }
        Manner::Kornia => windowed(matte, how.sigma),
    };
    thin::edges(&[blurred], matte.fact, how)
}

fn windowed(plane: &Matte, sigma: f32) -> Matte {
    if sigma > 0.0 { window_blur_matte(plane, Window { radius: 2, sigma }) } else { plane.clone() }
}

/// How to find soft edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Soft {
    /// Where to look.
    pub source: Source,
    /// Standard deviation of a blur before, in pixels; 0 for none.
    pub sigma: f32,
    /// The gain over one eighth of the Sobel sum (a step from 0 to 1 gives 0.5 on both sides);
    /// 0 scales each frame so that its strongest edge is 1.
    pub gain: f32,
}

impl Default for Soft {
    fn default() -> Self {
        Self { source: Source::Luma, sigma: 1.0, gain: 0.0 }
    }
}

/// The length of the gradient at every pixel, clamped to 0..1.
pub fn soft_edges(image: &Image, how: Soft) -> Matte {
    soften(&planes(image, how.source, how.sigma), image_size(&image.fact), how.gain)
}

/// The length of the gradient of a matte; `how.source` does not matter.
pub fn soft_edges_matte(matte: &Matte, how: Soft) -> Matte {
    let blur = Gaussian::new(how.sigma).with_edge(Edge::Clamp);
    soften(&[gaussian_blur_matte(matte, blur)], matte.fact, how.gain)
}

fn soften(planes: &[Matte], fact: MatteFact, gain: f32) -> Matte {
    let mut values = Vec::with_capacity(fact.len());
    for frame in 0..fact.batch {
        let found = gradients(planes, frame, Norm::L2);
        let most = found.iter().map(|gradient| gradient.length).fold(0.0, f32::max);
        let scale = match gain {
            0.0 if most > 0.0 => 1.0 / most,
            gain => gain / 8.0,
        };
        values.extend(found.iter().map(|gradient| (gradient.length * scale).clamp(0.0, 1.0)));
    }
    Matte::new(fact, values)
}

fn image_size(fact: &ImageFact) -> MatteFact {
    MatteFact { width: fact.width, height: fact.height, batch: fact.batch }
}

/// The channels to look at, blurred.
fn planes(image: &Image, source: Source, sigma: f32) -> Vec<Matte> {
    let blur = Gaussian::new(sigma).with_edge(Edge::Clamp);
    if source == Source::Alpha {
        return vec![gaussian_blur_matte(&alpha_plane(image), blur)];
    }
    let image = gaussian_blur(&image.premultiplied(), blur);
    let plane = |f: fn(&[f32; 4]) -> f32| {
        Matte::new(image_size(&image.fact), image.pixels.iter().map(f).collect())
    };
    if source == Source::Luma {
        vec![plane(|[r, g, b, _]| 0.299 * r + 0.587 * g + 0.114 * b)]
    } else {
        vec![plane(|p| p[0]), plane(|p| p[1]), plane(|p| p[2])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The picture and the edges come from the same steps written in numpy.
    #[test]
    fn kornias_manner_gives_its_edges() {
        let value = |x: u32, y: u32| ((x * x * 7 + y * y * 5 + x * y * 3) % 23) as f32 / 22.0;
        let values = (0..9).flat_map(|y| (0..12).map(move |x| value(x, y))).collect();
        let matte = Matte::new(MatteFact::new(12, 9), values);
        let how = Canny {
            sigma: 1.0,
            low: 0.5,
            high: 0.9,
            norm: Norm::L2,
            manner: Manner::Kornia,
            ..Canny::default()
        };
        let edges = canny_matte(&matte, how);
        let rows: Vec<String> = edges
            .values
            .chunks(12)
            .map(|row| row.iter().map(|v| if *v > 0.0 { '#' } else { '.' }).collect())
            .collect();
        let want = [
            "..#.........",
            "###.........",
            "............",
            ".........###",
            "..........#.",
            "..........#.",
            "..........#.",
            "..........#.",
            "..........#.",
        ];
        assert_eq!(rows, want);
    }
}
