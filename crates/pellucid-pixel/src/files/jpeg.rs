//! JPEG files.

use std::io::{BufRead, Seek};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::{ZByteReaderTrait, ZCursor};
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::colour::{Conversion, Model};
use super::orientation::Orientation;
use super::outline::{Outline, icc_or};
use super::quantise::{Finish, codes};
use super::samples::{Channels, pixels};
use super::{Decoded, EncodeOptions, Fault, Limits};
use crate::{Alpha, Encoding, Image};

/// From this quality on, colour is as sharp as brightness.
const FULL_COLOUR_QUALITY: u8 = 90;

/// What the header promises.
pub(super) fn outline(reader: impl BufRead + Seek) -> Result<Outline, Fault> {
    Ok(open(reader)?.1)
}

/// The picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    let (mut decoder, outline) = open(ZCursor::new(bytes))?;
    // A progressive file keeps a 16-bit coefficient for each sample beside the samples.
    outline.check(limits, 12)?;
    if !has_end(bytes) {
        return Err(Fault::Damaged("the file ends early".into()));
    }
    let space = decoder.input_colorspace().unwrap_or(ColorSpace::Unknown);
    let stored = match space {
        ColorSpace::Luma | ColorSpace::CMYK | ColorSpace::YCCK => space,
        _ => ColorSpace::RGB,
    };
    let options = decoder.options().jpeg_set_out_colorspace(stored);
    decoder.set_options(options);
    let mut samples = decoder.decode().map_err(fault)?;
    let channels = match stored {
        ColorSpace::Luma => Channels::GREY,
        ColorSpace::CMYK | ColorSpace::YCCK => Channels::CMYK,
        _ => Channels::RGB,
    };
    if samples.len() != outline.width as usize * outline.height as usize * channels.count {
        return Err(Fault::Damaged("its channels do not fit its kind".into()));
    }
    match stored {
        ColorSpace::CMYK => samples.iter_mut().for_each(|ink| *ink = 255 - *ink),
        ColorSpace::YCCK => samples.as_chunks_mut().0.iter_mut().for_each(ycck_to_cmyk),
        _ => {}
    }
    let pixels = pixels(&samples, channels);
    drop(samples);
    Ok(outline.image(pixels))
}

/// A baseline file without alpha, colour at half resolution below quality 90.
pub(super) fn encode(
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Fault> {
    let samples = codes::<u8>(image, finish);
    let [width, height] = [image.fact.width, image.fact.height].map(|side| side as u16);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, options.quality.clamp(1, 100));
    encoder.set_sampling_factor(match options.quality >= FULL_COLOUR_QUALITY {
        true => SamplingFactor::R_4_4_4,
        false => SamplingFactor::R_4_2_0,
    });
    encoder
        .encode(&samples, width, height, ColorType::Rgb)
        .map_err(|error| Fault::Encoder(error.to_string()))?;
    Ok(bytes)
}

fn open<R: ZByteReaderTrait>(reader: R) -> Result<(JpegDecoder<R>, Outline), Fault> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(reader, options);
    decoder.decode_headers().map_err(fault)?;
    let outline = outline_of(&decoder)?;
    Ok((decoder, outline))
}

fn outline_of<R: ZByteReaderTrait>(decoder: &JpegDecoder<R>) -> Result<Outline, Fault> {
    let (Some((width, height)), Some(space)) = (decoder.dimensions(), decoder.input_colorspace())
    else {
        return Err(Fault::Damaged("it has no picture".into()));
    };
    let srgb = Conversion::none(Encoding::Srgb);
    let (model, fallback) = match space {
        ColorSpace::Luma => (Model::Grey, srgb),
        ColorSpace::RGB | ColorSpace::YCbCr => (Model::Rgb, srgb),
        ColorSpace::CMYK | ColorSpace::YCCK => (Model::Cmyk, Conversion::ink()),
        other => return Err(Fault::Unsupported(format!("the colour space {other:?}"))),
    };
    let mut warnings = Vec::new();
    let icc = decoder.icc_profile();
    let conversion = icc_or(icc.as_deref(), model, fallback, &mut warnings);
    let exif = decoder.exif();
    Ok(Outline {
        width: width as u32,
        height: height as u32,
        alpha: Alpha::Opaque,
        bits: 8,
        frames: 1,
        conversion,
        orientation: exif.map_or(Orientation::UPRIGHT, |exif| Orientation::from_exif(exif)),
        warnings,
    })
}

/// Full-range BT.601 to the inverted inks that Adobe stores, and from those to ink.
fn ycck_to_cmyk([y, cb, cr, k]: &mut [u8; 4]) {
    let (luma, blue, red) = (f32::from(*y), f32::from(*cb) - 128.0, f32::from(*cr) - 128.0);
    let ink = |light: f32| 255 - (light + 0.5) as u8;
    *y = ink(luma + 1.402 * red);
    *cb = ink(luma - 0.344_136 * blue - 0.714_136 * red);
    *cr = ink(luma + 1.772 * blue);
    *k = 255 - *k;
}

/// True where the end marker follows the first scan. Decoders paint what is missing grey; a file
/// that is still being written must not pass for a picture.
fn has_end(bytes: &[u8]) -> bool {
    first_scan(bytes)
        .is_some_and(|scan| bytes[scan..].windows(2).any(|window| window == [0xff, 0xd9]))
}

fn first_scan(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let marker = at + bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let kind = marker + bytes.get(marker..)?.iter().position(|byte| *byte != 0xff)?;
        match bytes[kind] {
            0xda => return Some(kind + 1),
            0x00 | 0x01 | 0xd0..=0xd9 => at = kind + 1,
            _ => {
                let length = *bytes.get(kind + 1..)?.first_chunk::<2>()?;
                at = kind + 1 + usize::from(u16::from_be_bytes(length)).max(2);
            }
        }
    }
}

fn fault(error: DecodeErrors) -> Fault {
    match error {
        DecodeErrors::Unsupported(scheme) => Fault::Unsupported(format!("{scheme:?}")),
        DecodeErrors::ZeroError => Fault::NoPixels { width: 0, height: 0 },
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => {
            Fault::Damaged("the file ends early".into())
        }
        error => Fault::Damaged(error.to_string().trim().to_owned()),
    }
}
