//! From an image to a file.

use super::quantise::Finish;
use super::{Dither, Fault, Format, PictureError, exr, jpeg, png, tiff, webp};
use crate::{Alpha, Image};

/// How a picture is written.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodeOptions {
    /// Bits per sample: 8, or 16 for PNG, TIFF and EXR (half), or 32 for TIFF and EXR (float).
    pub bits: u32,
    /// JPEG quality, 1 to 100; other formats lose nothing.
    pub quality: u8,
    /// Keys and texts stored in the file (PNG and EXR).
    pub text: Vec<(String, String)>,
    /// An sRGB-encoded colour to put under the picture; the file then has no alpha.
    pub flatten: Option<[f32; 3]>,
    /// How 8-bit colour is dithered, if at all. Alpha never is.
    pub dither: Option<Dither>,
    /// Whether whole numbers are rounded down, not to the nearest.
    pub round_down: bool,
}

impl EncodeOptions {
    /// The usual way of a format: its first depth, quality 90, no texts, no background, no dither.
    pub fn new(format: Format) -> Self {
        Self {
            bits: format.bits()[0],
            quality: 90,
            text: Vec::new(),
            flatten: None,
            dither: None,
            round_down: false,
        }
    }
}

/// Writes one picture as the bytes of a file; the same picture and options give the same bytes.
///
/// Files of integers hold sRGB-encoded colours (linear images are encoded) and straight alpha.
/// Straight colour under alpha 0 is kept exactly; where premultiplied alpha is 0 it is black.
pub fn encode(
    image: &Image,
    format: Format,
    options: &EncodeOptions,
) -> Result<Vec<u8>, PictureError> {
    check(image, format, options)
        .and_then(|()| {
            let mut finish = Finish::new(image, options.flatten, options.dither);
            if options.round_down {
                finish = finish.rounding_down(if options.bits == 16 { 65_535.0 } else { 255.0 });
            }
            match format {
                Format::Png => png::encode(image, &finish, options),
                Format::Jpeg => jpeg::encode(image, &finish, options),
                Format::Webp => webp::encode(image, &finish),
                Format::Tiff => tiff::encode(image, &finish, options),
                Format::Exr => exr::encode(image, &finish, options),
            }
        })
        .map_err(|fault| PictureError { format: Some(format), fault })
}

fn check(image: &Image, format: Format, options: &EncodeOptions) -> Result<(), Fault> {
    let fact = image.fact;
    if fact.batch != 1 {
        return Err(Fault::Batch { pictures: fact.batch });
    }
    if fact.is_empty() {
        return Err(Fault::NoPixels { width: fact.width.into(), height: fact.height.into() });
    }
    if !format.bits().contains(&options.bits) {
        return Err(Fault::HoldsNotBits { asked: options.bits, held: format.bits() });
    }
    if fact.alpha != Alpha::Opaque && options.flatten.is_none() && !format.holds_alpha() {
        return Err(Fault::HoldsNoAlpha);
    }
    let side = longest_side(format);
    if fact.width.max(fact.height) > side {
        return Err(Fault::HoldsNotSize { width: fact.width, height: fact.height, side });
    }
    options.text.iter().try_for_each(|(key, text)| check_text(format, key, text))
}

fn longest_side(format: Format) -> u32 {
    match format {
        Format::Jpeg => 65_535,
        Format::Webp => 16_383,
        Format::Png | Format::Tiff | Format::Exr => i32::MAX as u32,
    }
}

fn check_text(format: Format, key: &str, text: &str) -> Result<(), Fault> {
    let refuse = |why: &str| Err(Fault::HoldsNotText { key: key.into(), why: why.into() });
    if !format.holds_text() {
        return refuse("the format has no place for texts");
    }
    if key.is_empty() || key.len() > 79 || !key.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return refuse("a key is 1 to 79 printable ASCII characters");
    }
    if key.starts_with(' ') || key.ends_with(' ') || key.contains("  ") {
        return refuse("a key has no spaces at its ends and no two in a row");
    }
    if text.contains('\0') {
        return refuse("it contains a NUL character");
    }
    Ok(())
}
