//! TIFF files.

mod layout;
mod palette;
mod read;
mod write;

pub(super) use read::{decode, outline};
pub(super) use write::encode;
