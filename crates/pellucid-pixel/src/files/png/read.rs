//! PNG to pixels: all colour types and depths, interlaced or not.

use std::io::{BufRead, Cursor, Seek};

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, TransferCharacteristics,
};
use png::{BitDepth, ColorType, Decoder, DecodingError, Info, Reader, Transformations};

use super::super::colour::{Conversion, Model, Primaries};
use super::super::orientation::Orientation;
use super::super::outline::{Outline, icc_or};
use super::super::samples::{Channels, pixels};
use super::super::{Decoded, Fault, Limits};
use crate::{Alpha, Encoding};

/// Memory for chunks, a colour profile above all.
const CHUNK_BYTES: usize = 16 << 20;
/// Deflate turns a byte into at most this many (RFC 1951: 258 bytes for a code of 2 bits).
const DEFLATE_RATIO: u64 = 1032;

/// What the header promises.
pub(in super::super) fn outline(reader: impl BufRead + Seek) -> Result<Outline, Fault> {
    Ok(outline_of(&open(reader)?))
}

/// The first picture.
pub(in super::super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    let mut reader = open(Cursor::new(bytes))?;
    let outline = outline_of(&reader);
    let (colour, depth) = reader.output_color_type();
    let sample_bytes = if depth == BitDepth::Sixteen { 2 } else { 1 };
    outline.check(limits, colour.samples() as u64 * sample_bytes)?;
    let stored = reader.info().raw_bytes() as u64;
    if stored / DEFLATE_RATIO > bytes.len() as u64 {
        return Err(Fault::Damaged("too few bytes for the size it claims".into()));
    }
    let size = reader.output_buffer_size().ok_or(Fault::Unsupported("such a size".into()))?;
    let mut samples = vec![0; size];
    reader.next_frame(&mut samples).map_err(fault)?;
    let channels = channels(colour);
    let pixels = match depth {
        BitDepth::Sixteen => pixels(samples.as_chunks::<2>().0, channels),
        _ => pixels(&samples, channels),
    };
    drop(samples);
    Ok(outline.image(pixels))
}

fn open<R: BufRead + Seek>(reader: R) -> Result<Reader<R>, Fault> {
    let mut decoder = Decoder::new_with_limits(reader, png::Limits { bytes: CHUNK_BYTES });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(fault)
}

fn outline_of<R: BufRead + Seek>(reader: &Reader<R>) -> Outline {
    let info = reader.info();
    let (colour, _) = reader.output_color_type();
    let alpha = match channels(colour).alpha {
        Some(_) => Alpha::Straight,
        None => Alpha::Opaque,
    };
    let mut warnings = Vec::new();
    let conversion = conversion(info, &mut warnings);
    Outline {
        width: info.width,
        height: info.height,
        alpha,
        bits: info.bit_depth as u32,
        frames: info.animation_control.map_or(1, |control| control.num_frames.max(1)),
        conversion,
        orientation: info
            .exif_metadata
            .as_deref()
            .map_or(Orientation::UPRIGHT, Orientation::from_exif),
        warnings,
    }
}

fn channels(colour: ColorType) -> Channels {
    match colour {
        ColorType::Grayscale => Channels::GREY,
        ColorType::GrayscaleAlpha => Channels::GREY_ALPHA,
        ColorType::Rgb | ColorType::Indexed => Channels::RGB,
        ColorType::Rgba => Channels::RGBA,
    }
}

/// Which of the colour chunks counts: cICP, then iCCP, then sRGB, then gAMA with cHRM.
fn conversion(info: &Info<'_>, warnings: &mut Vec<String>) -> Conversion {
    match code_points(info) {
        Some(Ok(conversion)) => return conversion,
        Some(Err(why)) => warnings.push(format!("cICP is left out: {why}")),
        None => {}
    }
    let srgb = Conversion::none(Encoding::Srgb);
    if info.icc_profile.is_some() {
        let model = match info.color_type {
            ColorType::Grayscale | ColorType::GrayscaleAlpha => Model::Grey,
            _ => Model::Rgb,
        };
        return icc_or(info.icc_profile.as_deref(), model, srgb, warnings);
    }
    if info.srgb.is_some() {
        return srgb;
    }
    gamma_and_primaries(info).unwrap_or_else(|why| {
        warnings.push(format!("gAMA and cHRM are left out: {why}"));
        srgb
    })
}

fn code_points(info: &Info<'_>) -> Option<Result<Conversion, String>> {
    let points = info.coding_independent_code_points?;
    if points.matrix_coefficients != 0 || !points.is_video_full_range_image {
        return Some(Err("it describes no full-range RGB".into()));
    }
    if matches!(points.transfer_function, 16 | 18) {
        return Some(Err("high dynamic range is not mapped to sRGB".into()));
    }
    let (Ok(color_primaries), Ok(transfer_characteristics)) = (
        CicpColorPrimaries::try_from(points.color_primaries),
        TransferCharacteristics::try_from(points.transfer_function),
    ) else {
        return Some(Err("its code points are unknown".into()));
    };
    let profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries,
        transfer_characteristics,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    Some(Conversion::from_profile(&profile, Model::Rgb))
}

fn gamma_and_primaries(info: &Info<'_>) -> Result<Conversion, String> {
    let (gamma, chromaticities) = (info.gama_chunk, info.chrm_chunk);
    let primaries = chromaticities.map(|c| {
        let xy = |(x, y): (png::ScaledFloat, png::ScaledFloat)| [x.into_value(), y.into_value()];
        Primaries { rgb: [xy(c.red), xy(c.green), xy(c.blue)], white: xy(c.white) }
    });
    let (encoding, gamma) = match gamma.map(png::ScaledFloat::into_value) {
        Some(gamma) if (gamma - 1.0).abs() < 0.01 => (Encoding::Linear, None),
        // What writers of sRGB pictures state; nobody means a pure power by it.
        Some(gamma) if (gamma - 0.454_55).abs() < 0.01 => (Encoding::Srgb, None),
        Some(gamma) if gamma > 0.1 && gamma < 10.0 => (Encoding::Srgb, Some(1.0 / gamma)),
        Some(gamma) => return Err(format!("a gamma of {gamma} is no gamma")),
        None => (Encoding::Srgb, None),
    };
    let grey = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let primaries = primaries.filter(|_| !grey);
    if gamma.is_none() && primaries.is_none() {
        return Ok(Conversion::none(encoding));
    }
    Conversion::from_primaries(encoding, gamma, primaries.as_ref())
}

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::IoError(error) => error.into(),
        DecodingError::LimitsExceeded => {
            Fault::Unsupported(format!("more than {} MiB in a chunk or row", CHUNK_BYTES >> 20))
        }
        error => Fault::Damaged(error.to_string()),
    }
}
