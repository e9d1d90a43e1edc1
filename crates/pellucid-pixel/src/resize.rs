//! Changing the size of pictures.

mod kernel;
mod passes;

use std::ops::Range;

pub use kernel::Filter;
pub(crate) use kernel::Taps;
pub(crate) use passes::scale;

use crate::raster::{image_frames, matte_frames, mixable};
use crate::{Alpha, Encoding, Image, ImageFact, Matte, MatteFact};

/// How to change a size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resize {
    /// The kernel.
    pub filter: Filter,
    /// Mix sRGB-encoded colour as linear light; the result is encoded as the image was.
    pub linear_light: bool,
}

/// Scales an image to `width` by `height` (0 counts as 1).
///
/// Separable, horizontal pass first, over premultiplied values, weights of each output pixel
/// summing to 1 also at the border. An axis whose size stays is copied, whatever the filter. The
/// alpha state of the result is that of [`resize_fact`]. Values are not clamped: [`Filter::Lanczos3`], [`Filter::CatmullRom`] and
/// [`Filter::Mitchell`] overshoot at hard edges, which [`clamped`] cuts off.
pub fn resize(image: &Image, width: u32, height: u32, how: Resize) -> Image {
    let (width, height) = (width.max(1), height.max(1));
    if image.fact.size() == (width, height) {
        return image.clone();
    }
    resize_window(image, (width, height), [0..width, 0..height], how)
}

/// What [`resize`] returns: premultiplied, or opaque as the image, or straight where it is and
/// its size stays.
pub fn resize_fact(fact: &ImageFact, width: u32, height: u32) -> ImageFact {
    let (width, height) = (width.max(1), height.max(1));
    let alpha = match fact.alpha {
        Alpha::Straight if fact.size() != (width, height) => Alpha::Premultiplied,
        alpha => alpha,
    };
    ImageFact { width, height, alpha, ..*fact }
}

/// Scales a matte to `width` by `height` (0 counts as 1), by the rules of [`resize`].
pub fn resize_matte(matte: &Matte, width: u32, height: u32, filter: Filter) -> Matte {
    let (width, height) = (width.max(1), height.max(1));
    resize_window_matte(matte, (width, height), [0..width, 0..height], filter)
}

/// Cuts off what lies outside the ranges of 8-bit files: alpha to 0..1, straight or opaque colour
/// to 0..1, premultiplied colour to 0..alpha.
pub fn clamped(image: &Image) -> Image {
    let limit = image.fact.alpha == Alpha::Premultiplied;
    image.map(image.fact, |[r, g, b, a]| {
        let a = a.clamp(0.0, 1.0);
        let top = if limit { a } else { 1.0 };
        [r.clamp(0.0, top), g.clamp(0.0, top), b.clamp(0.0, top), a]
    })
}

/// Cuts off matte values outside 0..1.
pub fn clamped_matte(matte: &Matte) -> Matte {
    matte.map(|value| value.clamp(0.0, 1.0))
}

/// `length` rounded up to a multiple of `multiple` (0 counts as 1), as networks want sizes.
///
/// Stays at the largest multiple a `u32` can hold.
pub fn round_up(length: u32, multiple: u32) -> u32 {
    let multiple = multiple.max(1);
    length.checked_next_multiple_of(multiple).unwrap_or(u32::MAX / multiple * multiple)
}

/// The part `window` (columns, rows) of the image scaled to `size`, without scaling the rest.
///
/// The window must lie inside `size`.
pub(crate) fn resize_window(
    image: &Image,
    size: (u32, u32),
    [columns, rows]: [Range<u32>; 2],
    how: Resize,
) -> Image {
    let linear = how.linear_light && image.fact.encoding == Encoding::Srgb;
    let encoding = if linear { Encoding::Linear } else { image.fact.encoding };
    let image_in = mixable(&image.encoded(encoding));
    let (width, height) = (columns.len() as u32, rows.len() as u32);
    let fact = ImageFact { width, height, ..image_in.fact };
    let x = axis_taps(how.filter, image.fact.width, size.0, columns);
    let y = axis_taps(how.filter, image.fact.height, size.1, rows);
    let opaque = fact.alpha == Alpha::Opaque;
    let scaled = image_frames(&image_in, fact, |frame, out| {
        scale(frame, x.as_ref(), y.as_ref(), out, |row| {
            if opaque {
                row.iter_mut().for_each(|pixel| pixel[3] = 1.0);
            }
        });
    });
    scaled.encoded(image.fact.encoding)
}

/// The part `window` of the matte scaled to `size`.
pub(crate) fn resize_window_matte(
    matte: &Matte,
    size: (u32, u32),
    [columns, rows]: [Range<u32>; 2],
    filter: Filter,
) -> Matte {
    let (width, height) = (columns.len() as u32, rows.len() as u32);
    let fact = MatteFact { width, height, ..matte.fact };
    let x = axis_taps(filter, matte.fact.width, size.0, columns);
    let y = axis_taps(filter, matte.fact.height, size.1, rows);
    matte_frames(matte, fact, |frame, out| {
        scale(frame, x.as_ref(), y.as_ref(), out, |_| ());
    })
}

fn axis_taps(filter: Filter, from: u32, to: u32, window: Range<u32>) -> Option<Taps> {
    let whole = from == to && window == (0..to);
    (!whole).then(|| {
        let window = window.start as usize..window.end as usize;
        Taps::new(filter, from as usize, to as usize, window)
    })
}
