//! Changes size and place.

pub mod affine;
pub mod crop;
pub mod fit;
pub mod flip;
pub mod offset;
pub mod pad;
pub mod resize;
pub mod rotate;
pub mod scale;
mod scaling;
