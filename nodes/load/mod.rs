//! Pictures from files, and made from nothing.

pub mod load_image;
pub mod solid;
