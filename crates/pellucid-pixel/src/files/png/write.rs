//! Pixels to PNG.

use std::io::Write;

use png::text_metadata::ITXtChunk;
use png::{
    BitDepth, ColorType, Compression, Encoder, EncodingError, ScaledFloat, SourceChromaticities,
    SrgbRenderingIntent, Writer,
};

use super::super::colour::Primaries;
use super::super::quantise::{Finish, banded_codes, codes};
use super::super::{EncodeOptions, Fault};
use crate::Image;

/// Texts longer than this many bytes are compressed.
const PLAIN_TEXT: usize = 1024;

/// Bytes of a data chunk.
const DATA_CHUNK: usize = 1 << 20;

/// An 8-bit or 16-bit file with sRGB chunks and the texts as iTXt.
pub(in super::super) fn encode(
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Fault> {
    let channels = if finish.keeps_alpha() { 4 } else { 3 };
    let plain = image.pixels.len() * channels * options.bits as usize / 8;
    let mut file = Vec::with_capacity(plain / 2 + 1024);
    let written = write(&mut file, image, finish, options).and_then(|()| {
        // Noise grows when it is compressed; the encoder stores it plainly if it sees all of it.
        if file.len() > plain {
            file.clear();
            write_at_once(&mut file, image, finish, options)?;
        }
        Ok(())
    });
    written.map_err(|error| Fault::Encoder(error.to_string()))?;
    Ok(file)
}

fn write(
    file: &mut Vec<u8>,
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<(), EncodingError> {
    let mut writer = start(file, image, finish, options)?;
    let mut stream = writer.stream_writer_with_size(DATA_CHUNK)?;
    match options.bits {
        16 => banded_codes::<[u8; 2], _>(image, finish, |codes| {
            stream.write_all(codes.as_flattened())
        })?,
        _ => banded_codes::<u8, _>(image, finish, |codes| stream.write_all(codes))?,
    }
    stream.finish()?;
    writer.finish()
}

fn write_at_once(
    file: &mut Vec<u8>,
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<(), EncodingError> {
    let mut writer = start(file, image, finish, options)?;
    match options.bits {
        16 => writer.write_image_data(codes::<[u8; 2]>(image, finish).as_flattened())?,
        _ => writer.write_image_data(&codes::<u8>(image, finish))?,
    }
    writer.finish()
}

/// Writes all that precedes the picture's data.
fn start<'a>(
    file: &'a mut Vec<u8>,
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Writer<&'a mut Vec<u8>>, EncodingError> {
    let mut encoder = Encoder::new(file, image.fact.width, image.fact.height);
    encoder.set_color(if finish.keeps_alpha() { ColorType::Rgba } else { ColorType::Rgb });
    encoder.set_depth(if options.bits == 16 { BitDepth::Sixteen } else { BitDepth::Eight });
    encoder.set_compression(Compression::Fast);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    encoder.set_source_gamma(ScaledFloat::from_scaled(45_455));
    encoder.set_source_chromaticities(chromaticities());
    let mut writer = encoder.write_header()?;
    for (key, text) in &options.text {
        let mut chunk = ITXtChunk::new(key, text);
        if text.len() > PLAIN_TEXT {
            chunk.compressed = true;
            chunk.compress_text()?;
        }
        writer.write_text_chunk(&chunk)?;
    }
    Ok(writer)
}

fn chromaticities() -> SourceChromaticities {
    let xy = |[x, y]: [f32; 2]| (x, y);
    let [red, green, blue] = Primaries::REC709.rgb.map(xy);
    SourceChromaticities::new(xy(Primaries::REC709.white), red, green, blue)
}
