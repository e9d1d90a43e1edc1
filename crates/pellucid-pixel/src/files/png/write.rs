//! Pixels to PNG.

use png::text_metadata::ITXtChunk;
use png::{
    BitDepth, ColorType, Compression, Encoder, EncodingError, ScaledFloat, SourceChromaticities,
    SrgbRenderingIntent, Writer,
};

use super::super::colour::Primaries;
use super::super::quantise::{Finish, codes};
use super::super::{EncodeOptions, Fault};
use super::data::write_data;
use crate::Image;

/// Texts longer than this many bytes are compressed.
const PLAIN_TEXT: usize = 1024;

/// An 8-bit or 16-bit file with sRGB chunks and the texts as iTXt.
pub(in super::super) fn encode(
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Fault> {
    let plain = image.pixels.len() * finish.channels() * options.bits as usize / 8;
    let mut file = Vec::with_capacity(plain / 2 + 1024);
    let written = write(&mut file, image, finish, options).and_then(|()| {
        // Noise grows when it is compressed; the crate stores it plainly.
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
    match options.bits {
        16 => write_data::<[u8; 2], _>(&mut writer, image, finish)?,
        _ => write_data::<u8, _>(&mut writer, image, finish)?,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    /// All data of a file, unpacked.
    fn data(file: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut at = 8;
        while at < file.len() {
            let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            if &file[at + 4..at + 8] == b"IDAT" {
                packed.extend(&file[at + 8..at + 8 + length]);
            }
            at += length + 12;
        }
        packed
    }

    #[test]
    fn the_data_are_those_of_the_crate_to_the_byte() {
        // Widths below and above a chunk of 32 bytes, heights of one band and of several.
        for (width, height) in [(1, 1), (2, 9), (33, 70), (700, 500)] {
            for alpha in [Alpha::Opaque, Alpha::Straight] {
                let fact = ImageFact::new(width, height, alpha);
                let pixel = |i: u32| {
                    let (x, y) = ((i % width) as f32 / 700.0, (i / width) as f32 / 500.0);
                    let grain = (i.wrapping_mul(2_654_435_761) >> 28) as f32 / 255.0;
                    let a =
                        if alpha == Alpha::Opaque { 1.0 } else { (2.0 * x - y).clamp(0.0, 1.0) };
                    [x + grain, y, (x * y * 9.0).fract(), a]
                };
                let image = Image::new(fact, (0..width * height).map(pixel).collect());
                let finish = Finish::new(&image, None, None);
                for bits in [8, 16] {
                    let options = EncodeOptions {
                        bits,
                        ..EncodeOptions::new(super::super::super::Format::Png)
                    };
                    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
                    write(&mut ours, &image, &finish, &options).unwrap();
                    write_at_once(&mut theirs, &image, &finish, &options).unwrap();
                    // The crate stores what would grow; its first block says so.
                    let stored = data(&theirs)[2] != data(&ours)[2];
                    assert!(!stored || width < 33);
                    assert!(
                        stored || data(&ours) == data(&theirs),
                        "{width} x {height}, {bits} bits"
                    );
                }
            }
        }
    }
}
