//! Edge maps, as hints for networks and as masks.

mod gradient;
mod thin;

use gradient::{Gradient, gradients};

use crate::blur::{Gaussian, gaussian_blur, gaussian_blur_matte};
use crate::raster::alpha_plane;
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
}

impl Default for Canny {
    fn default() -> Self {
        Self { source: Source::Luma, sigma: 0.0, low: 0.4, high: 0.8, norm: Norm::L1 }
    }
}

/// Thin edges by J. Canny, 1986, as 1 on 0: Sobel gradients, local maxima along four directions,
/// and hysteresis over eight neighbours. The border counts as its nearest pixel.
pub fn canny(image: &Image, how: Canny) -> Matte {
    thin::edges(&planes(image, how.source, how.sigma), image_size(&image.fact), how)
}

/// Thin edges of a matte; `how.source` does not matter.
pub fn canny_matte(matte: &Matte, how: Canny) -> Matte {
    let blur = Gaussian::new(how.sigma).with_edge(Edge::Clamp);
    thin::edges(&[gaussian_blur_matte(matte, blur)], matte.fact, how)
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
