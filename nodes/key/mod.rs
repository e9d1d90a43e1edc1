//! Mattes from colour, and the screen's light out of colour.

pub mod chroma_key;
pub mod color_key;
pub mod despill;
pub mod difference_key;
pub mod guided_refine;
mod keyed;
pub mod luma_key;
