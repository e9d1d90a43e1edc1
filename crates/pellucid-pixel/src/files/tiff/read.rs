//! TIFF to pixels: the first page.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Seek};

use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use super::super::colour::{Conversion, Model};
use super::super::orientation::Orientation;
use super::super::outline::{Outline, icc_or};
use super::super::samples::{Channels, Sample, pixels, planar_pixels};
use super::super::{Decoded, Fault, Limits};
use super::layout::{Layout, bytes, fault, layout, number, numbers};
use super::palette;
use crate::{Encoding, Pixel};

/// Memory for the value of a tag. The decoder keeps up to 32 bytes for each number.
const TAG_BYTES: usize = 1 << 20;
/// The largest colour profile.
const PROFILE_BYTES: u64 = 16 << 20;
/// The most pages that are counted.
const MOST_PAGES: usize = 65_536;

/// What the first page's tags promise.
pub(in super::super) fn outline(reader: impl Read + Seek) -> Result<Outline, Fault> {
    Ok(outline_of(&mut open(reader, &Limits::default())?)?.0)
}

/// The first page.
pub(in super::super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    let mut decoder = open(Cursor::new(bytes), limits)?;
    let (outline, layout) = outline_of(&mut decoder)?;
    let stored = layout.channels.count as u64 * u64::from(layout.bits.div_ceil(8));
    // Strips are unpacked one at a time beside the whole, a single strip being the worst case.
    outline.check(limits, 2 * stored)?;
    let pixels = match layout.indexed {
        true => {
            let map = numbers(&mut decoder, Tag::ColorMap)?;
            let grey = palette::declared_grey(bytes)
                .ok_or(Fault::Damaged("its colour kind is missing".into()))?;
            let samples = samples(&mut open(Cursor::new(grey.as_slice()), limits)?)?;
            indexed(samples, &layout, &outline, &map)?
        }
        false => direct(samples(&mut decoder)?, &layout, &outline)?,
    };
    if pixels.len() != outline.width as usize * outline.height as usize {
        return Err(Fault::Damaged("its strips do not fill the page".into()));
    }
    Ok(outline.image(pixels))
}

fn open<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Decoder<R>, Fault> {
    let memory = usize::try_from(limits.max_bytes).unwrap_or(usize::MAX);
    let mut own = tiff::decoder::Limits::default();
    own.decoding_buffer_size = memory;
    own.intermediate_buffer_size = memory;
    own.ifd_value_size = TAG_BYTES;
    Ok(Decoder::new(reader).map_err(fault)?.with_limits(own))
}

fn outline_of<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<(Outline, Layout), Fault> {
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
        frames: pages(decoder),
        conversion,
        orientation: orientation.map_or(Orientation::UPRIGHT, Orientation::from_tag),
        warnings,
    };
    Ok((outline, layout))
}

/// Pages that can be reached from the first one.
fn pages<R: Read + Seek>(decoder: &mut Decoder<R>) -> u32 {
    let mut seen = BTreeSet::new();
    let mut next = decoder.ifd_pointer();
    let mut count = 0;
    while let Some(page) = next.filter(|page| seen.len() < MOST_PAGES && seen.insert(page.0)) {
        next = match decoder.read_directory(page) {
            Ok(directory) => {
                count += 1;
                directory.next()
            }
            Err(_) => None,
        };
    }
    count.max(1)
}

fn samples<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<DecodingResult, Fault> {
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
