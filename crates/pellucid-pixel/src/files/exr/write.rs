//! Pixels to EXR: linear, premultiplied, one part, ZIP in blocks of 16 lines.

use std::io::Cursor;
use std::sync::Arc;

use exr::error::UnitResult;
use exr::image::write::WritableImage;
use exr::image::write::channels::WritableChannels;
use exr::image::{Blocks, Encoding as Storage, Image as ExrImage, Layer, SpecificChannels};
use exr::math::Vec2;
use exr::meta::attribute::{AttributeValue, Chromaticities, LineOrder, Text};
use exr::meta::header::LayerAttributes;
use exr::prelude::Compression;
use half::f16;

use super::super::colour::Primaries;
use super::super::quantise::Finish;
use super::super::samples::INFINITY_IN_FILES;
use super::super::{EncodeOptions, Fault};
use super::attributes::sorted;
use crate::{Alpha, Encoding, Image, Pixel};

/// What precedes the keys of texts, so that none meets an attribute of the standard.
const TEXT_PREFIX: &str = "pellucid:";

/// Half or float samples. NaN becomes 0; halves end at 65504.
pub(in super::super) fn encode(
    image: &Image,
    finish: &Finish,
    options: &EncodeOptions,
) -> Result<Vec<u8>, Fault> {
    let image = prepared(image, finish);
    let width = image.fact.width as usize;
    let pixels = Arc::clone(&image.pixels);
    let float = move |Vec2(x, y): Vec2<usize>| pixels[y * width + x];
    let solid = image.fact.alpha == Alpha::Opaque;
    let written = match (options.bits, solid) {
        (16, false) => write(
            &image,
            options,
            SpecificChannels::rgba(move |place| tuple4(float(place).map(to_half))),
        ),
        (16, true) => write(
            &image,
            options,
            SpecificChannels::rgb(move |place| tuple3(float(place).map(to_half))),
        ),
        (_, false) => {
            write(&image, options, SpecificChannels::rgba(move |place| tuple4(float(place))))
        }
        (_, true) => {
            write(&image, options, SpecificChannels::rgb(move |place| tuple3(float(place))))
        }
    };
    written
        .and_then(|bytes| sorted(&bytes).ok_or("its header is not where it should be".into()))
        .map_err(Fault::Encoder)
}

/// Over the background if there is one; premultiplied, linear, no NaN.
fn prepared(image: &Image, finish: &Finish) -> Image {
    let flat = match finish.keeps_alpha() {
        true => image.premultiplied(),
        false => {
            let fact = crate::ImageFact { alpha: Alpha::Opaque, ..image.fact };
            image.map(fact, |pixel| finish.flat(pixel))
        }
    };
    let linear = flat.encoded(Encoding::Linear);
    linear.map(linear.fact, |pixel: Pixel| pixel.map(|v| if v.is_nan() { 0.0 } else { v }))
}

fn to_half(v: f32) -> f16 {
    f16::from_f32(v.clamp(-INFINITY_IN_FILES, INFINITY_IN_FILES))
}

fn tuple4<T: Copy>([r, g, b, a]: [T; 4]) -> (T, T, T, T) {
    (r, g, b, a)
}

fn tuple3<T: Copy>([r, g, b, _]: [T; 4]) -> (T, T, T) {
    (r, g, b)
}

fn write<C>(image: &Image, options: &EncodeOptions, channels: C) -> Result<Vec<u8>, String>
where
    C: for<'a> WritableChannels<'a>,
{
    let size = Vec2(image.fact.width as usize, image.fact.height as usize);
    let mut attributes = LayerAttributes::default();
    for (key, text) in &options.text {
        let name = Text::from(format!("{TEXT_PREFIX}{key}").as_str());
        let text = Text::from_slice_unchecked(text.as_bytes());
        attributes.other.insert(name, AttributeValue::Text(text));
    }
    let storage = Storage {
        compression: Compression::ZIP16,
        blocks: Blocks::ScanLines,
        line_order: LineOrder::Increasing,
    };
    let mut file = ExrImage::from_layer(Layer::new(size, attributes, storage, channels));
    file.attributes.chromaticities = Some(chromaticities());
    let mut bytes = Cursor::new(Vec::new());
    let written: UnitResult = file.write().to_buffered(&mut bytes);
    written.map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

fn chromaticities() -> Chromaticities {
    let xy = |[x, y]: [f32; 2]| Vec2(x, y);
    let [red, green, blue] = Primaries::REC709.rgb.map(xy);
    Chromaticities { red, green, blue, white: xy(Primaries::REC709.white) }
}
