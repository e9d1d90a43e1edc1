//! PNG files.

mod data;
mod filter;
mod read;
mod text;
mod write;

pub use text::{read_png_text, with_png_plain_text, with_png_text};

pub(super) use read::{decode, outline};
pub(super) use write::encode;
