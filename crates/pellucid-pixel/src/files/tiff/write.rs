//! Pixels to TIFF: one page, deflate, alpha declared.

use std::io::Cursor;

use moxcms::{ColorDateTime, ColorProfile, ToneReprCurve};
use rayon::prelude::*;
use tiff::TiffResult;
use tiff::encoder::colortype::{ColorType, RGB8, RGB16, RGB32Float, RGBA8, RGBA16, RGBA32Float};
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue};
use tiff::tags::{ExtraSamples, Tag};

use super::super::colour::set_curve;
use super::super::quantise::{Finish, codes};
use super::super::{EncodeOptions, Fault};
use crate::{Alpha, Encoding, Image};

/// 8 or 16 bits: straight and sRGB-encoded. 32 bits: float, alpha and encoding as they are, linear
/// light told by a colour profile.
pub(in super::super) fn encode(
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Fault> {
    let alpha = finish.keeps_alpha();
    let written = match (options.bits, alpha) {
        (8, true) => write::<RGBA8>(image, &codes(image, finish), ExtraSamples::UnassociatedAlpha),
        (8, false) => write::<RGB8>(image, &codes(image, finish), None),
        (16, true) => {
            write::<RGBA16>(image, &codes(image, finish), ExtraSamples::UnassociatedAlpha)
        }
        (16, false) => write::<RGB16>(image, &codes(image, finish), None),
        (_, true) => {
            let meaning = match image.fact.alpha {
                Alpha::Premultiplied => ExtraSamples::AssociatedAlpha,
                Alpha::Straight | Alpha::Opaque => ExtraSamples::UnassociatedAlpha,
            };
            write::<RGBA32Float>(image, image.pixels.as_flattened(), meaning)
        }
        (_, false) => {
            let solid: Vec<[f32; 3]> = image
                .pixels
                .par_iter()
                .map(|pixel| {
                    let [r, g, b, _] = finish.flat(*pixel);
                    [r, g, b]
                })
                .collect();
            write::<RGB32Float>(image, solid.as_flattened(), None)
        }
    };
    written.map_err(|error| Fault::Encoder(error.to_string()))
}

fn write<C: ColorType>(
    image: &Image,
    samples: &[C::Inner],
    alpha: impl Into<Option<ExtraSamples>>,
) -> TiffResult<Vec<u8>>
where
    [C::Inner]: TiffValue,
{
    let float = C::BITS_PER_SAMPLE[0] == 32;
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)?
        .with_compression(Compression::Deflate(DeflateLevel::Fast))
        // The crate has no predictor for floats.
        .with_predictor(if float { Predictor::None } else { Predictor::Horizontal });
    let mut page = encoder.new_image::<C>(image.fact.width, image.fact.height)?;
    if let Some(alpha) = alpha.into() {
        page.encoder().write_tag(Tag::ExtraSamples, &[alpha.to_u16()][..])?;
    }
    if float && image.fact.encoding == Encoding::Linear {
        page.encoder().write_tag(Tag::IccProfile, linear_profile().as_slice())?;
    }
    page.write_data(samples)?;
    Ok(bytes.into_inner())
}

/// Rec.709 primaries, linear light.
fn linear_profile() -> Vec<u8> {
    let mut profile = ColorProfile::new_srgb();
    set_curve(&mut profile, ToneReprCurve::Lut(Vec::new()));
    profile.description = None;
    // A fixed date: the same picture gives the same bytes on any day.
    profile.creation_date_time = ColorDateTime {
        year: 2000,
        month: 1,
        day_of_the_month: 1,
        hours: 0,
        minutes: 0,
        seconds: 0,
    };
    profile.encode().expect("a matrix profile has all that it needs")
}

#[cfg(test)]
mod tests {
    use super::super::super::colour::{Conversion, Model};
    use super::*;

    #[test]
    fn the_linear_profile_is_read_as_linear_light() {
        let conversion = Conversion::from_icc(&linear_profile(), Model::Rgb).unwrap();
        assert_eq!(conversion.encoding, Encoding::Linear);
        let mut pixels = [[0.25, 4.0, -0.5, 0.5]];
        conversion.apply(&mut pixels, Alpha::Premultiplied);
        assert_eq!(pixels, [[0.25, 4.0, -0.5, 0.5]]);
    }
}
