//! WebP files: lossy and lossless to pixels, pixels to lossless.

use std::io::{BufRead, Cursor, Seek};

use image_webp::{ColorType, DecodingError, WebPDecoder, WebPEncoder};

use super::colour::{Conversion, Model};
use super::orientation::Orientation;
use super::outline::{Outline, icc_or};
use super::quantise::{Finish, codes};
use super::samples::{Channels, pixels};
use super::{Decoded, Fault, Limits};
use crate::{Alpha, Encoding, Image};

/// Memory for a chunk beside the picture: a colour profile or EXIF data.
const CHUNK_BYTES: usize = 16 << 20;

/// What the header promises.
pub(super) fn outline(reader: impl BufRead + Seek) -> Result<Outline, Fault> {
    outline_of(&mut open(reader)?)
}

/// The first picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    let mut decoder = open(Cursor::new(bytes))?;
    let outline = outline_of(&mut decoder)?;
    // Planes of the decoder: RGBA twice for a lossless picture without alpha.
    outline.check(limits, 8)?;
    let size = decoder.output_buffer_size().ok_or(Fault::Unsupported("such a size".into()))?;
    let mut samples = vec![0; size];
    decoder.read_image(&mut samples).map_err(fault)?;
    let channels = if decoder.has_alpha() { Channels::RGBA } else { Channels::RGB };
    let pixels = pixels(&samples, channels);
    drop(samples);
    Ok(outline.image(pixels))
}

/// A lossless file. Colour under alpha 0 is kept.
pub(super) fn encode(image: &Image, finish: &Finish) -> Result<Vec<u8>, Fault> {
    let samples = codes::<u8>(image, finish);
    let colour = if finish.keeps_alpha() { ColorType::Rgba8 } else { ColorType::Rgb8 };
    let mut bytes = Vec::new();
    WebPEncoder::new(&mut bytes)
        .encode(&samples, image.fact.width, image.fact.height, colour)
        .map_err(|error| Fault::Encoder(error.to_string()))?;
    Ok(bytes)
}

fn open<R: BufRead + Seek>(reader: R) -> Result<WebPDecoder<R>, Fault> {
    let mut decoder = WebPDecoder::new(reader).map_err(fault)?;
    decoder.set_memory_limit(CHUNK_BYTES);
    Ok(decoder)
}

fn outline_of<R: BufRead + Seek>(decoder: &mut WebPDecoder<R>) -> Result<Outline, Fault> {
    let (width, height) = decoder.dimensions();
    let mut warnings = Vec::new();
    let icc = decoder.icc_profile().map_err(fault)?;
    let srgb = Conversion::none(Encoding::Srgb);
    let conversion = icc_or(icc.as_deref(), Model::Rgb, srgb, &mut warnings);
    let exif = decoder.exif_metadata().map_err(fault)?;
    Ok(Outline {
        width,
        height,
        alpha: if decoder.has_alpha() { Alpha::Straight } else { Alpha::Opaque },
        bits: 8,
        frames: if decoder.is_animated() { decoder.num_frames().max(1) } else { 1 },
        conversion,
        orientation: exif.as_deref().map_or(Orientation::UPRIGHT, Orientation::from_exif),
        warnings,
    })
}

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::IoError(error) => error.into(),
        DecodingError::MemoryLimitExceeded => {
            Fault::Unsupported(format!("more than {} MiB in a chunk", CHUNK_BYTES >> 20))
        }
        error => Fault::Damaged(error.to_string()),
    }
}
