//! Moving pixels about: crop, offset, flip, turn, place, and any affine map.
//!
//! What only permutes pixels (crop, flip, quarter turns, whole offsets) copies them exactly and
//! keeps the alpha state, with the colour of a straight image under alpha 0. What interpolates
//! returns premultiplied values. Either way an opaque image that gets a clear part becomes
//! premultiplied.

mod affine;
mod crop;
mod matrix;
mod permute;
mod place;
mod sample;
mod surround;

pub use affine::{Canvas, Warp, affine, affine_fact, affine_matte, rotate, rotation};
pub use crop::{Rect, crop, crop_fact, crop_matte, offset, offset_fact, offset_matte};
pub use matrix::{Affine, NotInvertible};
pub use permute::{Axis, flip, flip_matte, turn, turn_fact, turn_matte};
pub use place::{Fit, Placement, place, place_fact, place_matte, placed};
pub use sample::Interpolation;
pub use surround::{surround, surround_alpha, surround_matte};
