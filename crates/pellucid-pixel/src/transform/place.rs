//! Fitting a picture into a canvas of another size.

use super::crop::{Rect, crop, crop_fact, crop_matte};
use crate::resize::{Resize, resize_fact, resize_window, resize_window_matte};
use crate::{Edge, Image, ImageFact, Matte};

/// How a picture meets a canvas of another size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// As large as it can be while all of it is seen; the rest is clear.
    #[default]
    Fit,
    /// As small as it can be while it covers everything; the rest is cut off.
    Fill,
    /// Exactly the canvas, whatever becomes of the proportions.
    Stretch,
    /// As [`Fit::Fit`], but never enlarged.
    Shrink,
    /// Not scaled: padded with clear pixels, or cut off.
    Pad,
}

impl Fit {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("fit", Self::Fit),
        ("fill", Self::Fill),
        ("stretch", Self::Stretch),
        ("shrink", Self::Shrink),
        ("pad", Self::Pad),
    ];
}

/// Where a picture lands on a canvas: its size there, and its top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placement {
    /// Scaled width, at least 1.
    pub width: u32,
    /// Scaled height, at least 1.
    pub height: u32,
    /// Pixels from the left edge of the canvas; negative where the left is cut off.
    pub x: i64,
    /// Pixels from the top edge of the canvas; negative where the top is cut off.
    pub y: i64,
}

impl Placement {
    const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The canvas as seen from the placed picture.
    const fn canvas(&self, to: (u32, u32)) -> Rect {
        Rect { x: -self.x, y: -self.y, width: to.0, height: to.1 }
    }
}

/// The place of a picture of size `from` on a canvas of size `to`.
///
/// `anchor` says which part keeps its relative place, (0, 0) top left to (1, 1) bottom right, and
/// is clamped to that. Sizes of 0 count as 1.
pub fn placed(from: (u32, u32), to: (u32, u32), how: Fit, anchor: (f32, f32)) -> Placement {
    let ratio = |to: u32, from: u32| f64::from(to.max(1)) / f64::from(from.max(1));
    let (x, y) = (ratio(to.0, from.0), ratio(to.1, from.1));
    let (x, y) = match how {
        Fit::Stretch => (x, y),
        Fit::Fit => (x.min(y), x.min(y)),
        Fit::Fill => (x.max(y), x.max(y)),
        Fit::Shrink => (x.min(y).min(1.0), x.min(y).min(1.0)),
        Fit::Pad => (1.0, 1.0),
    };
    let side = |from: u32, scale: f64| (f64::from(from.max(1)) * scale).round().max(1.0) as u32;
    let (width, height) = (side(from.0, x), side(from.1, y));
    let start = |to: u32, side: u32, anchor: f32| {
        let room = f64::from(to.max(1)) - f64::from(side);
        (room * f64::from(anchor.clamp(0.0, 1.0)) + 0.5).floor() as i64
    };
    Placement { width, height, x: start(to.0, width, anchor.0), y: start(to.1, height, anchor.1) }
}

/// Scales an image as [`placed`] says and puts it on a clear canvas of size `to`.
///
/// Only the part that is seen is computed. Where nothing is scaled this is an exact copy. The
/// alpha state is that of [`place_fact`].
pub fn place(image: &Image, to: (u32, u32), how: Fit, anchor: (f32, f32), by: Resize) -> Image {
    let placement = placed(image.fact.size(), to, how, anchor);
    if placement.size() == image.fact.size() {
        return crop(image, placement.canvas(to), Edge::Transparent);
    }
    let (window, rect) = seen(placement, to);
    let scaled = resize_window(image, placement.size(), window, by);
    if scaled.fact.size() == to { scaled } else { crop(&scaled, rect, Edge::Transparent) }
}

/// What [`place`] returns: premultiplied, but opaque where an opaque image covers the canvas, and
/// straight where a straight one is not scaled.
pub fn place_fact(fact: &ImageFact, to: (u32, u32), how: Fit, anchor: (f32, f32)) -> ImageFact {
    let placement = placed(fact.size(), to, how, anchor);
    let scaled = resize_fact(fact, placement.width, placement.height);
    crop_fact(&scaled, placement.canvas(to), Edge::Transparent)
}

/// Scales and places a matte, by the rules of [`place`]; light does not matter to it.
pub fn place_matte(
    matte: &Matte,
    to: (u32, u32),
    how: Fit,
    anchor: (f32, f32),
    by: Resize,
) -> Matte {
    let placement = placed(matte.fact.size(), to, how, anchor);
    let (window, rect) = seen(placement, to);
    let scaled = resize_window_matte(matte, placement.size(), window, by.filter);
    if scaled.fact.size() == to { scaled } else { crop_matte(&scaled, rect, Edge::Transparent) }
}

/// The part of a placed picture that is on the canvas, and the canvas as seen from that part.
fn seen(placement: Placement, to: (u32, u32)) -> ([std::ops::Range<u32>; 2], Rect) {
    let (columns, x) = seen_axis(placement.x, placement.width, to.0.max(1));
    let (rows, y) = seen_axis(placement.y, placement.height, to.1.max(1));
    ([columns, rows], Rect { x, y, width: to.0, height: to.1 })
}

fn seen_axis(start: i64, side: u32, canvas: u32) -> (std::ops::Range<u32>, i64) {
    let first = (-start).clamp(0, i64::from(side) - 1);
    let end = (i64::from(canvas) - start).clamp(first + 1, i64::from(side));
    (first as u32..end as u32, -(start + first))
}
