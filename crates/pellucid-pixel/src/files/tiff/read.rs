//! TIFF to pixels: the first page.

use std::io::{Cursor, Read, Seek, SeekFrom};

use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use super::super::colour::{Conversion, Model};
use super::super::orientation::Orientation;
use super::super::outline::{Outline, icc_or};
use super::super::samples::{Channels, Sample, pixels, planar_pixels};
use super::super::{Decoded, Fault, Limits};
use super::directory::directories;
use super::layout::{Layout, bytes, fault, layout, number, numbers};
use super::palette;
use crate::{Encoding, Pixel};

/// The largest colour profile.
const PROFILE_BYTES: u64 = 16 << 20;
/// Memory for tags, whose counts have been checked.
const TAG_BYTES: usize = 64 << 20;

/// What the first page's tags promise.
pub(in super::super) fn outline(mut reader: impl Read + Seek) -> Result<Outline, Fault> {
    let pages = directories(&mut reader)?.pages;
    Ok(outline_of(&mut open(reader, TAG_BYTES)?, pages)?.0)
}

/// The first page.
pub(in super::super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    let directories = directories(&mut Cursor::new(bytes))?;
    let mut decoder = open(Cursor::new(bytes), TAG_BYTES)?;
    let (outline, layout) = outline_of(&mut decoder, directories.pages)?;
    let stored = layout.channels.count as u64 * u64::from(layout.bits.div_ceil(8));
    // Strips are unpacked one at a time beside the whole, a single strip being the worst case.
    outline.check(limits, 2 * stored)?;
    let pixels = match layout.indexed {
        true => {
            let map = numbers(&mut decoder, Tag::ColorMap)?;
            let grey = palette::declared_grey(bytes, directories.colour_kind);
            let samples = samples(open(Cursor::new(grey), TAG_BYTES)?, limits)?;
            indexed(samples, &layout, &outline, &map)?
        }
        false => direct(samples(decoder, limits)?, &layout, &outline)?,
    };
    if pixels.len() != outline.width as usize * outline.height as usize {
        return Err(Fault::Damaged("its strips do not fill the page".into()));
    }
    Ok(outline.image(pixels))
}

fn open<R: Read + Seek>(mut reader: R, memory: usize) -> Result<Decoder<R>, Fault> {
    reader.seek(SeekFrom::Start(0))?;
    Ok(Decoder::new(reader).map_err(fault)?.with_limits(memory_limits(memory)))
}

fn memory_limits(memory: usize) -> tiff::decoder::Limits {
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = memory;
    limits.intermediate_buffer_size = memory;
    limits.ifd_value_size = memory;
    limits
}

fn outline_of<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    pages: u32,
) -> Result<(Outline, Layout), Fault> {
    let (width, height) = decoder.dimensions().map_err(fault)?;
    let layout = layout(decoder)?;
    let mut warnings = Vec::new();
    if layout.has_unknown_sample {
        warnings.push("a channel of no stated meaning is left out".into());
    }
    let fallback = match layout.model {
        Model::Cmyk => Conversion::ink(),
        Model::Grey | Model::Rgb => Conversion::none(Encoding::Srgb),
    };
    let icc = bytes(decoder, Tag::IccProfile, PROFILE_BYTES).unwrap_or_else(|error| {
        warnings.push(format!("the colour profile is left out: {error}"));
        None
    });
    let conversion = icc_or(icc.as_deref(), layout.model, fallback, &mut warnings);
    let orientation = number(decoder, Tag::Orientation)?;
    let outline = Outline {
        width,
        height,
        alpha: layout.alpha,
        bits: layout.bits,
        frames: pages,
        conversion,
        orientation: orientation.map_or(Orientation::UPRIGHT, Orientation::from_tag),
        warnings,
    };
    Ok((outline, layout))
}

fn samples<R: Read + Seek>(decoder: Decoder<R>, limits: &Limits) -> Result<DecodingResult, Fault> {
    let memory = usize::try_from(limits.max_bytes).unwrap_or(usize::MAX);
    let mut decoder = decoder.with_limits(memory_limits(memory));
    let mut samples = DecodingResult::U8(Vec::new());
    decoder.read_image_to_buffer(&mut samples).map_err(fault)?;
    Ok(samples)
}

fn indexed(
    samples: DecodingResult,
    layout: &Layout,
    outline: &Outline,
    map: &[u32],
) -> Result<Vec<Pixel>, Fault> {
    let colours = palette::colours(map, layout.bits)
        .ok_or(Fault::Damaged("its colour map is too short".into()))?;
    match samples {
        DecodingResult::U8(packed) if layout.bits < 8 => {
            let indices = palette::unpack(&packed, layout.bits, outline.width as usize);
            Ok(indices.iter().map(|i| colours[usize::from(*i)]).collect())
        }
        DecodingResult::U8(indices) => {
            Ok(indices.iter().map(|i| colours[usize::from(*i)]).collect())
        }
        DecodingResult::U16(indices) => {
            Ok(indices.iter().map(|i| colours[usize::from(*i)]).collect())
        }
        _ => Err(Fault::Unsupported("such a palette".into())),
    }
}

fn direct(
    samples: DecodingResult,
    layout: &Layout,
    outline: &Outline,
) -> Result<Vec<Pixel>, Fault> {
    let len = outline.width as usize * outline.height as usize;
    match samples {
        DecodingResult::U8(packed) if layout.bits < 8 => {
            let mut samples = palette::unpack(&packed, layout.bits, outline.width as usize);
            let scale = 255 / ((1u16 << layout.bits) - 1) as u8;
            samples.iter_mut().for_each(|sample| *sample *= scale);
            filled(&samples, layout, len)
        }
        DecodingResult::U8(samples) => filled(&samples, layout, len),
        DecodingResult::U16(samples) => filled(&samples, layout, len),
        DecodingResult::U32(samples) => filled(&samples, layout, len),
        DecodingResult::F16(samples) => filled(&samples, layout, len),
        DecodingResult::F32(samples) => filled(&samples, layout, len),
        DecodingResult::F64(samples) => filled(&samples, layout, len),
        _ => Err(Fault::Unsupported("such a kind of samples".into())),
    }
}

fn filled<S: Sample>(samples: &[S], layout: &Layout, len: usize) -> Result<Vec<Pixel>, Fault> {
    let Channels { count, .. } = layout.channels;
    if samples.len() != len * count {
        return Err(Fault::Damaged("its strips do not fill the page".into()));
    }
    Ok(match layout.planar {
        true => planar_pixels(samples, layout.channels, len),
        false => pixels(samples, layout.channels),
    })
}
