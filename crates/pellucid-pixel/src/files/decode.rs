//! From a file to its header and to its image.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::format::SIGNATURE_LEN;
use super::outline::Outline;
use super::{Fault, Format, Limits, PictureError, exr, jpeg, png, tiff, webp};
use crate::{Alpha, Encoding, Image};

/// What [`decode`] will give, known without decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format that the first bytes stand for.
    pub format: Format,
    /// Pixels in a row of the image.
    pub width: u32,
    /// Rows of the image.
    pub height: u32,
    /// What alpha means in the image.
    pub alpha: Alpha,
    /// What colours mean in the image.
    pub encoding: Encoding,
    /// Bits per sample in the file.
    pub bits: u32,
    /// Pictures in the file (animation, pages), of which the first is read.
    pub frames: u32,
}

/// An image and what is noteworthy about its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// One picture.
    pub image: Image,
    /// What was out of order but did not hinder, one sentence each.
    pub warnings: Vec<String>,
}

/// Reads what is in a picture file, without its pixels.
pub fn read_header(reader: &mut (impl Read + Seek)) -> Result<Header, PictureError> {
    let (format, start) = sniff(reader).map_err(|fault| PictureError { format: None, fault })?;
    let outline = guarded(|| {
        reader.seek(SeekFrom::Start(start))?;
        let reader = BufReader::new(reader);
        match format {
            Format::Png => png::outline(reader),
            Format::Jpeg => jpeg::outline(reader),
            Format::Webp => webp::outline(reader),
            Format::Tiff => tiff::outline(reader),
            Format::Exr => exr::outline(reader),
        }
    });
    outline
        .and_then(|outline| sized(&outline).map(|()| outline.header(format)))
        .map_err(|fault| PictureError { format: Some(format), fault })
}

/// Decodes the first picture of a file. What its header claims is held against the limits before
/// memory is asked for.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, PictureError> {
    let Some(format) = Format::sniff(bytes) else {
        let fault = if bytes.is_empty() { Fault::Empty } else { Fault::Unknown };
        return Err(PictureError { format: None, fault });
    };
    guarded(|| match format {
        Format::Png => png::decode(bytes, limits),
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Webp => webp::decode(bytes, limits),
        Format::Tiff => tiff::decode(bytes, limits),
        Format::Exr => exr::decode(bytes, limits),
    })
    .map_err(|fault| PictureError { format: Some(format), fault })
}

/// Runs a decoder; if it panics, the file is to blame.
pub(super) fn guarded<T>(run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Fault::Damaged("the decoder gave up".into())))
}

fn sniff(reader: &mut (impl Read + Seek)) -> Result<(Format, u64), Fault> {
    let start = reader.stream_position()?;
    let mut signature = Vec::with_capacity(SIGNATURE_LEN);
    reader.take(SIGNATURE_LEN as u64).read_to_end(&mut signature)?;
    match Format::sniff(&signature) {
        Some(format) => Ok((format, start)),
        None if signature.is_empty() => Err(Fault::Empty),
        None => Err(Fault::Unknown),
    }
}

fn sized(outline: &Outline) -> Result<(), Fault> {
    let (width, height) = (outline.width.into(), outline.height.into());
    match width == 0 || height == 0 {
        true => Err(Fault::NoPixels { width, height }),
        false => Ok(()),
    }
}
