//! EXR to pixels: linear, premultiplied where there is alpha, cut or padded to the display window.

use std::io::{Cursor, Read, Seek};

use exr::block::UncompressedBlock;
use exr::block::chunk::Chunk;
use exr::block::reader::ChunksReader;
use exr::error::Error;
use exr::math::Vec2;
use exr::meta::MetaData;
use exr::meta::attribute::{Chromaticities, SampleType};
use exr::meta::header::Header;
use half::f16;
use rayon::prelude::*;

use super::super::colour::{Conversion, Primaries};
use super::super::orientation::Orientation;
use super::super::outline::Outline;
use super::super::{Decoded, Fault, Limits};
use super::channels::{Chosen, choose};
use crate::{Alpha, Encoding, Pixel};

/// Blocks that are unpacked at the same time.
const BLOCKS_AT_ONCE: usize = 32;
/// Header attributes are read up to this many bytes.
const HEADER_BYTES: u64 = 64 << 20;

/// What the header promises.
pub(in super::super) fn outline(reader: impl Read + Seek) -> Result<Outline, Fault> {
    let meta = MetaData::read_from_buffered(reader.take(HEADER_BYTES), false).map_err(fault)?;
    Ok(outline_of(&meta)?.0)
}

/// The merged picture, or the first layer.
pub(in super::super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    let reader = exr::block::read(Cursor::new(bytes), false).map_err(fault)?;
    let (outline, chosen) = outline_of(reader.meta_data())?;
    outline.check(limits, 0)?;
    check_blocks(reader.headers(), &outline, &chosen, limits)?;
    let meta = reader.meta_data().clone();
    let is_wanted =
        |block: exr::block::BlockIndex| block.layer == chosen.part && block.level == Vec2(0, 0);
    let mut chunks = reader.filter_chunks(false, |_, _, block| is_wanted(block)).map_err(fault)?;
    let mut canvas = Canvas::new(&meta.headers[chosen.part], &outline);
    let expected = chunks.expected_chunk_count();
    let mut seen = 0;
    loop {
        let batch: Vec<Chunk> =
            chunks.by_ref().take(BLOCKS_AT_ONCE).collect::<Result<_, _>>().map_err(fault)?;
        if batch.is_empty() {
            break;
        }
        let blocks: Vec<UncompressedBlock> = batch
            .into_par_iter()
            .map(|chunk| UncompressedBlock::decompress_chunk(chunk, &meta, false))
            .collect::<Result<_, _>>()
            .map_err(fault)?;
        for block in blocks.iter().filter(|block| is_wanted(block.index)) {
            canvas.paint(block, &chosen)?;
            seen += 1;
        }
    }
    if seen != expected {
        return Err(Fault::Damaged("blocks are missing".into()));
    }
    Ok(outline.image(canvas.pixels))
}

fn outline_of(meta: &MetaData) -> Result<(Outline, Chosen), Fault> {
    let Some(chosen) = choose(&meta.headers) else {
        let names = meta.headers.iter().flat_map(|header| &header.channels.list);
        let names: Vec<String> = names.take(8).map(|channel| channel.name.to_string()).collect();
        return Err(Fault::Unsupported(format!("a file with the channels {}", names.join(", "))));
    };
    let header = &meta.headers[chosen.part];
    if header.channels.list.iter().any(|channel| channel.sampling != Vec2(1, 1)) {
        return Err(Fault::Unsupported("colour at a lower resolution".into()));
    }
    let mut warnings = Vec::new();
    if !chosen.layer.is_empty() {
        warnings.push(format!("there is no merged picture; the layer `{}` is read", chosen.layer));
    }
    let conversion = header
        .shared_attributes
        .chromaticities
        .as_ref()
        .map_or(Ok(Conversion::none(Encoding::Linear)), |c| {
            Conversion::from_primaries(Encoding::Linear, None, Some(&primaries(c)))
        });
    let conversion = conversion.unwrap_or_else(|why| {
        warnings.push(format!("the chromaticities are left out: {why}"));
        Conversion::none(Encoding::Linear)
    });
    let Vec2(width, height) = header.shared_attributes.display_window.size;
    let outline = Outline {
        width: u32::try_from(width).unwrap_or(u32::MAX),
        height: u32::try_from(height).unwrap_or(u32::MAX),
        alpha: if chosen.has_alpha { Alpha::Premultiplied } else { Alpha::Opaque },
        bits: chosen.bits,
        frames: 1,
        conversion,
        orientation: Orientation::UPRIGHT,
        warnings,
    };
    Ok((outline, chosen))
}

/// Refuses parts whose tables or blocks would take more memory than the limits leave.
fn check_blocks(
    headers: &[Header],
    outline: &Outline,
    chosen: &Chosen,
    limits: &Limits,
) -> Result<(), Fault> {
    let block = headers[chosen.part].max_block_byte_size() as u64;
    // Packed, unpacked, and in between.
    let blocks =
        block.saturating_mul(3 * BLOCKS_AT_ONCE.min(headers[chosen.part].chunk_count) as u64);
    let tables = headers.iter().map(|header| header.chunk_count as u64).sum::<u64>();
    let pixels = u64::from(outline.width) * u64::from(outline.height) * size_of::<Pixel>() as u64;
    let all = pixels.saturating_add(blocks).saturating_add(tables.saturating_mul(16));
    match all > limits.max_bytes {
        true => Err(Fault::TooLarge {
            width: outline.width.into(),
            height: outline.height.into(),
            limit: format!("up to {} MiB of memory", limits.max_bytes >> 20),
        }),
        false => Ok(()),
    }
}

fn primaries(c: &Chromaticities) -> Primaries {
    let xy = |Vec2(x, y): Vec2<f32>| [x, y];
    Primaries { rgb: [xy(c.red), xy(c.green), xy(c.blue)], white: xy(c.white) }
}

/// The display window, on which the data window's blocks are painted.
struct Canvas<'a> {
    header: &'a Header,
    pixels: Vec<Pixel>,
    width: i64,
    height: i64,
    /// Where the data window's corner lies.
    x: i64,
    y: i64,
}

impl<'a> Canvas<'a> {
    fn new(header: &'a Header, outline: &Outline) -> Self {
        let blank = match outline.alpha {
            Alpha::Opaque => [0.0, 0.0, 0.0, 1.0],
            _ => [0.0; 4],
        };
        let display = header.shared_attributes.display_window.position;
        let data = header.own_attributes.layer_position;
        Self {
            header,
            pixels: vec![blank; outline.width as usize * outline.height as usize],
            width: outline.width.into(),
            height: outline.height.into(),
            x: i64::from(data.0) - i64::from(display.0),
            y: i64::from(data.1) - i64::from(display.1),
        }
    }

    fn paint(&mut self, block: &UncompressedBlock, chosen: &Chosen) -> Result<(), Fault> {
        for line in block.lines(&self.header.channels) {
            let Vec2(x, y) = line.location.position;
            let (x, y) = (self.x + x as i64, self.y + y as i64);
            let places = chosen.places[line.location.channel];
            if places.is_empty() || !(0..self.height).contains(&y) {
                continue;
            }
            let row = &mut self.pixels[(y * self.width) as usize..][..self.width as usize];
            let samples = line.location.sample_count;
            // The samples that lie within the row.
            let (from, to) = ((-x).max(0), (self.width - x).min(samples as i64));
            if from >= to {
                continue;
            }
            let row = &mut row[(x + from) as usize..(x + to) as usize];
            let (from, to) = (from as usize, to as usize);
            match self.header.channels.list[line.location.channel].sample_type {
                SampleType::F16 => fill(row, places, line.value, from..to, |bytes| {
                    f16::from_ne_bytes(bytes).to_f32()
                }),
                SampleType::F32 => fill(row, places, line.value, from..to, f32::from_ne_bytes),
                SampleType::U32 => fill(row, places, line.value, from..to, |bytes| {
                    u32::from_ne_bytes(bytes) as f32
                }),
            }
            .ok_or(Fault::Damaged("a line is too short".into()))?;
        }
        Ok(())
    }
}

fn fill<const N: usize>(
    row: &mut [Pixel],
    places: &[usize],
    samples: &[u8],
    range: std::ops::Range<usize>,
    value: impl Fn([u8; N]) -> f32,
) -> Option<()> {
    let samples = samples.as_chunks::<N>().0.get(range)?;
    for (pixel, sample) in row.iter_mut().zip(samples) {
        let value = value(*sample);
        places.iter().for_each(|place| pixel[*place] = value);
    }
    Some(())
}

fn fault(error: Error) -> Fault {
    match error {
        Error::NotSupported(what) => Fault::Unsupported(what.into_owned()),
        Error::Io(error) => error.into(),
        Error::Invalid(what) => Fault::Damaged(what.into_owned()),
        Error::Aborted => Fault::Damaged("reading was broken off".into()),
    }
}
