//! Keyers: a matte from colour, and the screen's spill out of colour.
//!
//! Keyers look at straight colour and leave the picture alone; the matte they return is 1 where the
//! picture is to be kept. The alpha the picture has is not looked at: multiply the two with
//! [`join`](crate::alpha::join).

pub mod chroma;
pub mod colour;
pub mod colour_to_alpha;
pub mod despill;
pub mod difference;
pub mod luma;

pub use chroma::{ChromaKey, Screen, chroma_key};
pub use colour::{ColourKey, colour_key};
pub use colour_to_alpha::colour_to_alpha;
pub use despill::{Despill, DespillMethod, SpillScreen, despill};
pub use difference::{DifferenceKey, DifferenceMeasure, difference_key};
pub use luma::{LumaKey, LumaWeights, luma_key};

use crate::{Image, ImageFact, Matte, MatteFact};

/// A matte from the straight colour of every pixel.
pub(crate) fn keyed(image: &Image, key: impl Fn([f32; 3]) -> f32 + Sync) -> Matte {
    let image = image.straight();
    let ImageFact { width, height, batch, .. } = image.fact;
    let values = crate::frames::build(image.pixels.len(), |i| {
        let [r, g, b, _] = image.pixels[i];
        key([r, g, b])
    });
    Matte::new(MatteFact { width, height, batch }, values)
}

/// Where `v` lies between `lo` and `hi`, 0 to 1; a step at `hi` when they do not leave room.
pub(crate) fn between(lo: f32, hi: f32, v: f32) -> f32 {
    if hi > lo { ((v - lo) / (hi - lo)).clamp(0.0, 1.0) } else { f32::from(v >= hi) }
}

/// `3t^2 - 2t^3`.
pub(crate) fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}
