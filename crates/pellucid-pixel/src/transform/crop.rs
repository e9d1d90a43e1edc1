//! Cutting out, padding and shifting.

use rayon::prelude::*;

use super::affine::{Warp, affine, affine_fact, affine_matte};
use super::matrix::Affine;
use super::sample::Interpolation;
use crate::raster::{Raster, image_frames, matte_frames};
use crate::{Alpha, Edge, Image, ImageFact, Matte, MatteFact};

/// A rectangle in pixels of a picture; it may lie partly or wholly outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// The left column.
    pub x: i64,
    /// The top row.
    pub y: i64,
    /// Columns; 0 counts as 1.
    pub width: u32,
    /// Rows; 0 counts as 1.
    pub height: u32,
}

impl Rect {
    /// The rectangle of a picture that grows by so many pixels on each side, or shrinks by
    /// negative ones.
    pub fn padded(
        (width, height): (u32, u32),
        left: i64,
        top: i64,
        right: i64,
        bottom: i64,
    ) -> Self {
        let side = |size: u32, a: i64, b: i64| {
            i64::from(size).saturating_add(a).saturating_add(b).clamp(1, i64::from(u32::MAX)) as u32
        };
        Self {
            x: left.saturating_neg(),
            y: top.saturating_neg(),
            width: side(width, left, right),
            height: side(height, top, bottom),
        }
    }

    fn lies_within(&self, (width, height): (u32, u32)) -> bool {
        let inside = |start: i64, len: u32, size: u32| {
            start >= 0 && start.saturating_add(i64::from(len)) <= i64::from(size)
        };
        inside(self.x, self.width, width) && inside(self.y, self.height, height)
    }
}

/// The pixels of `rect`, what lies outside the image being given by `edge`.
///
/// An exact copy, with the alpha state of [`crop_fact`].
pub fn crop(image: &Image, rect: Rect, edge: Edge) -> Image {
    let fact = crop_fact(&image.fact, rect, edge);
    image_frames(image, fact, |frame, out| cut(frame, rect, edge, out))
}

/// What [`crop`] returns: the alpha state stays, but an opaque image that gets clear pixels
/// becomes premultiplied.
pub fn crop_fact(fact: &ImageFact, rect: Rect, edge: Edge) -> ImageFact {
    let (width, height) = (rect.width.max(1), rect.height.max(1));
    let solid = edge != Edge::Transparent || rect.lies_within(fact.size());
    let alpha = match fact.alpha {
        Alpha::Opaque if !solid => Alpha::Premultiplied,
        alpha => alpha,
    };
    ImageFact { width, height, alpha, ..*fact }
}

/// The values of `rect`, what lies outside the matte being given by `edge`.
pub fn crop_matte(matte: &Matte, rect: Rect, edge: Edge) -> Matte {
    let fact = MatteFact { width: rect.width.max(1), height: rect.height.max(1), ..matte.fact };
    matte_frames(matte, fact, |frame, out| cut(frame, rect, edge, out))
}

fn cut<const C: usize>(frame: Raster<'_, C>, rect: Rect, edge: Edge, out: &mut [[f32; C]]) {
    let width = rect.width.max(1) as usize;
    // The columns that need no edge, as positions of the output.
    let start = rect.x.saturating_neg().clamp(0, width as i64) as usize;
    let end = (frame.width as i64).saturating_sub(rect.x).clamp(start as i64, width as i64);
    let end = end as usize;
    let columns: Vec<Option<usize>> =
        (0..width as i64).map(|x| edge.index(rect.x.saturating_add(x), frame.width)).collect();
    out.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        let Some(y) = edge.index(rect.y.saturating_add(y as i64), frame.height) else { return };
        let row = frame.row(y);
        if start < end {
            let first = (rect.x + start as i64) as usize;
            out[start..end].copy_from_slice(&row[first..][..end - start]);
        }
        for x in (0..start).chain(end..width) {
            if let Some(from) = columns[x] {
                out[x] = row[from];
            }
        }
    });
}

/// Shifts an image by `dx` pixels to the right and `dy` down; `edge` gives what comes in.
///
/// Whole shifts are exact copies and keep the alpha state; others are bilinear and premultiplied.
/// A shift that is not finite moves nothing.
pub fn offset(image: &Image, dx: f32, dy: f32, edge: Edge) -> Image {
    let size = image.fact.size();
    match shift(size, dx, dy) {
        Shift::Whole(rect) => crop(image, rect, edge),
        Shift::Part(map) => {
            affine(image, map, size, bilinear(edge)).expect("a finite shift can be undone")
        }
    }
}

/// What [`offset`] returns: the alpha state as with [`crop_fact`] or [`affine_fact`].
pub fn offset_fact(fact: &ImageFact, dx: f32, dy: f32, edge: Edge) -> ImageFact {
    match shift(fact.size(), dx, dy) {
        Shift::Whole(rect) => crop_fact(fact, rect, edge),
        Shift::Part(map) => {
            affine_fact(fact, map, fact.size(), edge).expect("a finite shift can be undone")
        }
    }
}

/// Shifts a matte, by the rules of [`offset`].
pub fn offset_matte(matte: &Matte, dx: f32, dy: f32, edge: Edge) -> Matte {
    let size = matte.fact.size();
    match shift(size, dx, dy) {
        Shift::Whole(rect) => crop_matte(matte, rect, edge),
        Shift::Part(map) => {
            affine_matte(matte, map, size, bilinear(edge)).expect("a finite shift can be undone")
        }
    }
}

enum Shift {
    /// The rectangle that a whole shift brings to the canvas.
    Whole(Rect),
    Part(Affine),
}

fn shift((width, height): (u32, u32), dx: f32, dy: f32) -> Shift {
    let finite = |shift: f32| if shift.is_finite() { shift } else { 0.0 };
    let (dx, dy) = (finite(dx), finite(dy));
    if dx.fract() == 0.0 && dy.fract() == 0.0 {
        Shift::Whole(Rect { x: -dx as i64, y: -dy as i64, width, height })
    } else {
        Shift::Part(Affine::translate(f64::from(dx), f64::from(dy)))
    }
}

fn bilinear(edge: Edge) -> Warp {
    Warp { interpolation: Interpolation::Bilinear, edge }
}
