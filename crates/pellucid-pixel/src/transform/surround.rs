//! A colour around a placed picture.

use rayon::prelude::*;

use super::crop::Rect;
use crate::image::premultiply;
use crate::{Alpha, Image, ImageFact, Matte, Pixel};

/// Gives every pixel outside `inner`, a rectangle of the image, a straight `colour` in the
/// encoding of the image. The result has the alpha state of [`surround_alpha`].
///
/// `inside` is the alpha state of what was placed there.
pub fn surround(image: &Image, inner: Rect, inside: Alpha, colour: Pixel) -> Image {
    let alpha = surround_alpha(image.fact.alpha, inside, colour);
    let fact = ImageFact { alpha, ..image.fact };
    let fill = if alpha == Alpha::Premultiplied { premultiply(colour) } else { colour };
    let mut pixels = image.pixels.to_vec();
    fill_outside(&mut pixels, image.fact.size(), inner, fill);
    Image::new(fact, pixels)
}

/// The alpha state of [`surround`]: opaque where both the colour and what it surrounds are solid,
/// else that of the image. An opaque image has nothing clear around the inner one.
pub fn surround_alpha(image: Alpha, inside: Alpha, colour: Pixel) -> Alpha {
    match image {
        Alpha::Premultiplied if inside == Alpha::Opaque && colour[3] == 1.0 => Alpha::Opaque,
        alpha => alpha,
    }
}

/// Gives every value outside `inner`, a rectangle of the matte, `value`.
pub fn surround_matte(matte: &Matte, inner: Rect, value: f32) -> Matte {
    let mut values = matte.values.to_vec();
    fill_outside(&mut values, matte.fact.size(), inner, value);
    Matte::new(matte.fact, values)
}

fn fill_outside<T: Copy + Send + Sync>(
    pixels: &mut [T],
    (width, height): (u32, u32),
    inner: Rect,
    fill: T,
) {
    let clip = |start: i64, side: u32, size: u32| {
        let end = start.saturating_add(i64::from(side)).clamp(0, i64::from(size));
        start.clamp(0, end) as usize..end as usize
    };
    let columns = clip(inner.x, inner.width, width);
    let rows = clip(inner.y, inner.height, height);
    pixels.par_chunks_mut(width as usize).enumerate().for_each(|(y, row)| {
        if rows.contains(&(y % height as usize)) {
            row[..columns.start].fill(fill);
            row[columns.end..].fill(fill);
        } else {
            row.fill(fill);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Edge;
    use crate::transform::crop;

    #[test]
    fn only_what_lies_outside_is_filled() {
        let picture = Image::filled(ImageFact::new(2, 1, Alpha::Opaque), [0.5, 0.5, 0.5, 1.0]);
        let around = Rect { x: -1, y: -1, width: 4, height: 3 };
        let padded = crop(&picture, around, Edge::Transparent);
        let inner = Rect { x: 1, y: 1, width: 2, height: 1 };
        let red = [1.0, 0.0, 0.0, 1.0];
        let filled = surround(&padded, inner, Alpha::Opaque, red);
        assert_eq!(filled.fact.alpha, Alpha::Opaque);
        for (i, pixel) in filled.pixels.iter().enumerate() {
            let inside = i / 4 == 1 && (1..3).contains(&(i % 4));
            assert_eq!(*pixel, if inside { [0.5, 0.5, 0.5, 1.0] } else { red }, "{i}");
        }
        let half = surround(&padded, inner, Alpha::Opaque, [1.0, 0.0, 0.0, 0.5]);
        assert_eq!((half.fact.alpha, half.pixels[0]), (Alpha::Premultiplied, [0.5, 0.0, 0.0, 0.5]));
    }

    #[test]
    fn a_rectangle_beside_the_picture_leaves_nothing() {
        let matte = Matte::new(crate::MatteFact::new(3, 1), vec![0.5; 3]);
        let beside = Rect { x: 7, y: 0, width: 2, height: 1 };
        assert_eq!(*surround_matte(&matte, beside, 0.25).values, [0.25; 3]);
    }
}
