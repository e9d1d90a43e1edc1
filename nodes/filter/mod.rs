//! Blurs, sharpens, casts shadows, finds edges.

pub mod blur;
pub mod box_blur;
pub mod drop_shadow;
pub mod edges_canny;
pub mod edges_soft;
pub mod glow;
pub mod median;
pub mod sharpen;
mod spread;
pub mod stroke;
pub mod window_blur;
pub mod window_sharpen;
