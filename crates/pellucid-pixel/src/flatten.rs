//! Layers into one picture.
//!
//! All layers of a stack meet in one pass over the canvas, span by span, while the span's
//! result lies in the nearest cache: no layer is ever held as a picture of its own.
//!
//! - The root and isolated groups start from nothing; a pass-through group's children meet what
//!   lies below the group, and its opacity and mask mix "before" with "after".
//! - A mask is multiplied into a layer's alpha.
//! - Clipped layers are merged onto their base as if it were solid and take its shape; the
//!   result then meets what lies below with the base's mode, opacity and mask. Hiding the base
//!   hides them too. A clipped layer with nothing below it in its group is not clipped.

mod plan;
mod scratch;

use rayon::prelude::*;

use crate::merge::SPAN;
use crate::{Alpha, Encoding, Image, ImageFact, Layer, LayerContent, Layers};
use plan::Plan;
use scratch::Scratch;

mod composite;

/// Merges all visible layers over nothing, in the sRGB encoding. The result is premultiplied.
/// A layer or mask of batch one is in every frame of the result.
///
/// # Panics
/// When the canvas has no pixels or [`layers_batch`] finds no common batch: a bug of the
/// caller.
pub fn flatten(layers: &Layers) -> Image {
    flatten_in(layers, Encoding::Srgb)
}

/// [`flatten`] with the mathematics done in `space`; the result is sRGB-encoded all the same.
///
/// # Panics
/// As [`flatten`].
pub fn flatten_in(layers: &Layers, space: Encoding) -> Image {
    let batch = layers_batch(layers).expect("the caller has checked the batch of all layers");
    let fact =
        ImageFact { batch, ..ImageFact::new(layers.width, layers.height, Alpha::Premultiplied) };
    assert!(!fact.is_empty(), "a canvas has pixels");
    let plan = Plan::new(layers, space);
    let (width, height) = (layers.width as usize, layers.height as usize);
    let mut pixels = vec![[0.0; 4]; fact.len()];
    pixels.par_chunks_mut(width).enumerate().for_each_init(
        Scratch::default,
        |scratch, (row, out)| {
            for (index, span) in out.chunks_mut(SPAN).enumerate() {
                let place = composite::Place {
                    frame: (row / height) as u32,
                    y: (row % height) as i64,
                    x: (index * SPAN) as i64,
                };
                plan.composite(place, span, scratch);
            }
        },
    );
    Image::new(fact, pixels)
}

/// The frames that a stack flattens to: the one batch above 1 among all pictures and masks,
/// invisible ones included, or 1. `None` where two such batches differ.
pub fn layers_batch(layers: &Layers) -> Option<u32> {
    let mut batch = 1;
    join_batches(&layers.layers, &mut batch).then_some(batch)
}

fn join_batches(layers: &[Layer], batch: &mut u32) -> bool {
    layers.iter().all(|layer| {
        let content = match &layer.content {
            LayerContent::Image { image, .. } => join(image.fact.batch, batch),
            LayerContent::Group { layers, .. } => join_batches(layers, batch),
        };
        content && layer.mask.as_ref().is_none_or(|mask| join(mask.matte.fact.batch, batch))
    })
}

fn join(part: u32, batch: &mut u32) -> bool {
    if *batch == 1 {
        *batch = part;
    }
    part == 1 || part == *batch
}
