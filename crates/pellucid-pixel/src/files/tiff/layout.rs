//! How the samples of a TIFF page lie, from its tags.

use std::io::{Read, Seek};

use tiff::decoder::Decoder;
use tiff::tags::{PhotometricInterpretation as Photometric, Tag};
use tiff::{TiffError, TiffResult};

use super::super::samples::Channels;
use super::super::{Fault, colour::Model};
use crate::Alpha;

/// What the samples of a page are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) channels: Channels,
    pub(super) model: Model,
    pub(super) alpha: Alpha,
    pub(super) bits: u32,
    /// Each channel in a plane of its own.
    pub(super) planar: bool,
    /// Samples are indices into a colour map.
    pub(super) indexed: bool,
    /// A sample beyond colour whose meaning is not stated.
    pub(super) has_unknown_sample: bool,
}

const UNSIGNED: u32 = 1;
const FLOAT: u32 = 3;

/// The layout of the decoder's current page.
pub(super) fn layout<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Layout, Fault> {
    let photometric: u16 = required(decoder, Tag::PhotometricInterpretation)?;
    let count: usize = number(decoder, Tag::SamplesPerPixel)?.unwrap_or(1);
    let bits = numbers(decoder, Tag::BitsPerSample)?.first().copied().unwrap_or(1);
    let kind = numbers(decoder, Tag::SampleFormat)?.first().copied().unwrap_or(UNSIGNED);
    let planar = number(decoder, Tag::PlanarConfiguration)? == Some(2u16);
    let extra = numbers(decoder, Tag::ExtraSamples)?;
    let (colours, model, indexed) = match Photometric::from_u16(photometric) {
        Some(Photometric::WhiteIsZero | Photometric::BlackIsZero) => (1, Model::Grey, false),
        Some(Photometric::RGB) => (3, Model::Rgb, false),
        Some(Photometric::RGBPalette) => (1, Model::Rgb, true),
        Some(Photometric::CMYK) => (4, Model::Cmyk, false),
        _ => return Err(Fault::Unsupported(format!("the colour kind {photometric}"))),
    };
    if count < colours {
        return Err(Fault::Damaged(format!("{count} samples are too few for its colours")));
    }
    let (alpha, alpha_sample) = match extra.iter().position(|kind| matches!(kind, 1 | 2)) {
        Some(i) if extra[i] == 1 => (Alpha::Premultiplied, Some(colours + i)),
        Some(i) => (Alpha::Straight, Some(colours + i)),
        // Writers that leave the tag out mean straight alpha by a sample more.
        None if extra.is_empty() && count == colours + 1 => (Alpha::Straight, Some(colours)),
        None => (Alpha::Opaque, None),
    };
    let channels = Channels { colours, alpha: alpha_sample, count };
    let layout = Layout {
        channels,
        model,
        alpha,
        bits,
        planar: planar && count > 1,
        indexed,
        has_unknown_sample: alpha_sample.is_none() && count > colours,
    };
    match is_read(&layout, kind) {
        true => Ok(layout),
        false => Err(Fault::Unsupported(format!(
            "{count} samples of {bits} bits, kind {kind}, colour kind {photometric}"
        ))),
    }
}

fn is_read(layout: &Layout, kind: u32) -> bool {
    let Channels { alpha, count, .. } = layout.channels;
    let depth = match kind {
        UNSIGNED => match layout.bits {
            1 | 2 | 4 => count == 1,
            8 | 16 => true,
            32 => !layout.indexed,
            _ => false,
        },
        FLOAT => matches!(layout.bits, 16 | 32 | 64) && !layout.indexed,
        _ => false,
    };
    let in_range = alpha.is_none_or(|alpha| alpha < count) && count <= 16;
    let plain_palette = !layout.indexed || count == 1;
    // A pixel has four places, all of which ink takes.
    let plain_ink = layout.model != Model::Cmyk || alpha.is_none();
    depth && in_range && plain_palette && plain_ink
}

/// The number that a tag holds.
pub(super) fn number<R: Read + Seek, T: TryFrom<u64>>(
    decoder: &mut Decoder<R>,
    tag: Tag,
) -> Result<Option<T>, Fault> {
    decoder.find_tag_unsigned(tag).map_err(fault)
}

/// The numbers that a tag holds; none where it is absent.
pub(super) fn numbers<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
) -> Result<Vec<u32>, Fault> {
    Ok(decoder.find_tag_unsigned_vec(tag).map_err(fault)?.unwrap_or_default())
}

/// The bytes that a tag holds.
pub(super) fn bytes<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
    limit: u64,
) -> TiffResult<Option<Vec<u8>>> {
    let mut directory = decoder.image_ifd();
    let Some(entry) = directory.find_entry(tag) else { return Ok(None) };
    if entry.count() > limit {
        return Err(TiffError::LimitsExceeded);
    }
    let mut bytes = vec![0; entry.count() as usize];
    directory.find_tag_bytes(tag, &mut bytes, 0)?;
    Ok(Some(bytes))
}

fn required<R: Read + Seek, T: TryFrom<u64>>(
    decoder: &mut Decoder<R>,
    tag: Tag,
) -> Result<T, Fault> {
    decoder.get_tag_unsigned(tag).map_err(fault)
}

/// The decoder's complaint in our terms.
pub(super) fn fault(error: TiffError) -> Fault {
    match error {
        TiffError::IoError(error) => error.into(),
        TiffError::UnsupportedError(error) => Fault::Unsupported(error.to_string()),
        TiffError::LimitsExceeded | TiffError::IntSizeError => {
            Fault::Unsupported("a tag or strip of such a size".into())
        }
        error => Fault::Damaged(error.to_string()),
    }
}
