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
    check_frames(bytes, (outline.width, outline.height))?;
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
    if width == 0 || height == 0 {
        // The decoder keeps 14 bits of a side.
        return Err(Fault::Unsupported("a side of 16384 pixels".into()));
    }
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

/// Refuses frames that claim to be larger than the canvas: the decoder believes them.
fn check_frames(file: &[u8], canvas: (u32, u32)) -> Result<(), Fault> {
    const RIFF_HEAD: usize = 12;
    const FRAME_HEAD: usize = 16;
    let mut rest = file.get(RIFF_HEAD..).unwrap_or_default();
    while let Some((kind, tail)) = rest.split_first_chunk::<4>() {
        let Some((length, tail)) = tail.split_first_chunk::<4>() else { break };
        let data = &tail[..tail.len().min(u32::from_le_bytes(*length) as usize)];
        // An animation's frame is a head and chunks of its own.
        rest = match kind {
            b"ANMF" => tail.get(FRAME_HEAD..).unwrap_or_default(),
            _ => tail.get(data.len() + data.len() % 2..).unwrap_or_default(),
        };
        let size = match kind {
            b"VP8 " => lossy_size(data),
            b"VP8L" => lossless_size(data),
            _ => None,
        };
        if size.is_some_and(|(width, height)| width > canvas.0 || height > canvas.1) {
            return Err(Fault::Damaged("a frame is larger than the canvas".into()));
        }
    }
    Ok(())
}

/// The size in a VP8 key frame's head (RFC 6386, 9.1).
fn lossy_size(data: &[u8]) -> Option<(u32, u32)> {
    let [_, _, _, 0x9d, 0x01, 0x2a, w, x, h, y] = *data.first_chunk::<10>()? else {
        return None;
    };
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((side(w, x), side(h, y)))
}

/// The size in a lossless head: two times 14 bits, less one.
fn lossless_size(data: &[u8]) -> Option<(u32, u32)> {
    let [0x2f, bits @ ..] = *data.first_chunk::<5>()? else { return None };
    let bits = u32::from_le_bytes(bits);
    Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
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
