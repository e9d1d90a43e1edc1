//! Picture files: what is in them, from bytes and to bytes.
//!
//! The first bytes of a file decide what it is; its name is not asked. Whatever a file holds, the
//! result is an [`Image`](crate::Image) of finite values: sRGB-encoded, or linear light where the
//! file says so (EXR; PNG and TIFF that are tagged linear). Other colour spaces are converted.

mod colour;
mod curve;
mod decode;
mod dither;
mod encode;
mod error;
mod exr;
mod format;
mod jpeg;
mod limits;
mod openraster;
mod orientation;
mod outline;
mod png;
mod quantise;
mod samples;
mod tiff;
mod webp;

pub use decode::{Decoded, Header, decode, read_header};
pub use dither::Dither;
pub use encode::{EncodeOptions, encode};
pub use error::{Fault, PictureError};
pub use format::{FORMATS, Format};
pub use limits::Limits;
pub use openraster::encode_openraster;
pub use png::{read_png_text, with_png_plain_text, with_png_text};

use decode::guarded;
