//! Pixels to PNG.

use png::text_metadata::ITXtChunk;
use png::{
    BitDepth, ColorType, Compression, Encoder, EncodingError, ScaledFloat, SourceChromaticities,
    SrgbRenderingIntent,
};

use super::super::colour::Primaries;
use super::super::quantise::{Finish, codes};
use super::super::{EncodeOptions, Fault};
use crate::Image;

/// Texts longer than this many bytes are compressed.
const PLAIN_TEXT: usize = 1024;

/// An 8-bit or 16-bit file with sRGB chunks and the texts as iTXt.
pub(in super::super) fn encode(
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Fault> {
    let samples = match options.bits {
        16 => codes::<[u8; 2]>(image, finish).into_flattened(),
        _ => codes::<u8>(image, finish),
    };
    let mut bytes = Vec::with_capacity(samples.len() / 2 + 1024);
    write(&mut bytes, image, finish, options, &samples)
        .map_err(|error| Fault::Encoder(error.to_string()))?;
    Ok(bytes)
}

fn write(
    bytes: &mut Vec<u8>,
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
    samples: &[u8],
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(bytes, image.fact.width, image.fact.height);
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
    writer.write_image_data(samples)?;
    writer.finish()
}

fn chromaticities() -> SourceChromaticities {
    let xy = |[x, y]: [f32; 2]| (x, y);
    let [red, green, blue] = Primaries::REC709.rgb.map(xy);
    SourceChromaticities::new(xy(Primaries::REC709.white), red, green, blue)
}
