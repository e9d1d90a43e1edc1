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
/// The marker before the first scan's header.
const START_OF_SCAN: u8 = 0xda;

/// What the header promises.
pub(super) fn outline(reader: impl BufRead + Seek) -> Result<Outline, Fault> {
    Ok(open(reader)?.1)
}

/// The picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Fault> {
    check_coding(bytes)?;
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

/// Full-range BT.601 to ink. The file's colours are `1 - ink` twice over: Adobe stores inks inverted,
/// and YCCK takes the colours of inverted inks; only black is inverted once.
fn ycck_to_cmyk([y, cb, cr, k]: &mut [u8; 4]) {
    let (luma, blue, red) = (f32::from(*y), f32::from(*cb) - 128.0, f32::from(*cr) - 128.0);
    let ink = |v: f32| (v + 0.5) as u8;
    *y = ink(luma + 1.402 * red);
    *cb = ink(luma - 0.344_136 * blue - 0.714_136 * red);
    *cr = ink(luma + 1.772 * blue);
    *k = 255 - *k;
}

/// True where the end marker follows the first scan. Decoders paint what is missing grey; a file
/// that is still being written must not pass for a picture.
fn has_end(bytes: &[u8]) -> bool {
    let scan = segments(bytes).find(|(kind, _)| *kind == START_OF_SCAN);
    scan.is_some_and(|(_, at)| bytes[at..].windows(2).any(|window| window == [0xff, 0xd9]))
}

/// Refuses the rare codings, which the decoder takes for unknown segments.
fn check_coding(bytes: &[u8]) -> Result<(), Fault> {
    let coding = segments(bytes).find_map(|(kind, _)| match kind {
        0xc3 | 0xc7 | 0xcb | 0xcf => Some("lossless coding"),
        0xc5 | 0xc6 | 0xcd | 0xce => Some("differential coding"),
        0xc9 | 0xca => Some("arithmetic coding"),
        _ => None,
    });
    coding.map_or(Ok(()), |coding| Err(Fault::Unsupported(coding.into())))
}

/// The kinds of the segments up to the first scan, and where each begins after its kind.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    let mut next = Some(2);
    std::iter::from_fn(move || {
        let at = next.take()?;
        let marker = at + bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let at = marker + bytes.get(marker..)?.iter().position(|byte| *byte != 0xff)?;
        let (kind, start) = (bytes[at], at + 1);
        next = match kind {
            START_OF_SCAN => None,
            0x00 | 0x01 | 0xd0..=0xd9 => Some(start),
            _ => {
                let length = bytes.get(start..).and_then(<[u8]>::first_chunk::<2>);
                length.map(|length| start + usize::from(u16::from_be_bytes(*length)).max(2))
            }
        };
        Some((kind, start))
    })
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
