//! What the kinds that spread pixels have in common: facts and scratch memory.

use pellucid_graph::Check;
use pellucid_pixel::{Alpha, Edge, ImageFact};
use pellucid_value::RasterFact;

use crate::frames::{image_part, raster_bytes};

/// The fact of a blur with that edge: opaque as it was unless something clear comes in.
pub fn blurred(fact: RasterFact, edge: Edge) -> RasterFact {
    image_part(fact, |fact| {
        let opaque = fact.alpha == Alpha::Opaque && edge != Edge::Transparent;
        let alpha = if opaque { Alpha::Opaque } else { Alpha::Premultiplied };
        ImageFact { alpha, ..fact }
    })
}

/// The fact of mixed pixels: opaque as they were, else premultiplied.
pub fn mixed(fact: RasterFact) -> RasterFact {
    blurred(fact, Edge::Clamp)
}

/// Asks for memory of so many frames.
pub fn needs_frames(cx: &Check, fact: RasterFact, frames: u64) {
    cx.needs(frames * raster_bytes(fact));
}
