//! Changes size and place.

pub mod affine;
pub mod crop;
pub mod fit;
pub mod flip;
pub mod interpolate;
pub mod interpolate_by;
pub mod interpolate_into;
pub mod interpolate_like;
pub mod interpolate_to_area;
mod interpolating;
pub mod offset;
pub mod outpaint_pad;
pub mod pad;
pub mod resize;
pub mod rotate;
pub mod scale;
pub(crate) mod scaling;
pub mod stitch;
pub mod upscale;
