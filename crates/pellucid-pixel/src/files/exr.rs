//! OpenEXR files.

mod attributes;
mod channels;
mod read;
mod write;

pub(super) use read::{decode, outline};
pub(super) use write::encode;
