//! Pictures from files, and made from nothing.

pub mod batch;
pub mod checkerboard;
pub mod gradient;
pub mod load_checkpoint;
pub mod load_image;
pub mod load_images;
pub mod pick_frame;
pub mod solid;
