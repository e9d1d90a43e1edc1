//! Numbers about pictures.

pub mod backgrounds_psnr;
pub mod compare;
pub mod histogram;
pub mod hygiene;
pub mod image_size;
pub mod matte_scores;
pub mod recomposition;
