//! Frames of any number of channels, as filters see them.
//!
//! A filter is written once over `[f32; C]`: `C` is 4 for images and 1 for mattes.

use crate::{Alpha, Image, ImageFact, Matte, MatteFact, Pixel};

/// One frame of `C` channels, row-major.
#[derive(Clone, Copy)]
pub(crate) struct Raster<'a, const C: usize> {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` pixels.
    pub pixels: &'a [[f32; C]],
}

impl<'a, const C: usize> Raster<'a, C> {
    /// The pixels of row `y`.
    #[inline]
    pub fn row(&self, y: usize) -> &'a [[f32; C]] {
        &self.pixels[y * self.width..][..self.width]
    }
}

/// Fills every frame of a new image of `fact` from the same frame of `image`.
///
/// `fact.batch` must be the batch of `image`.
pub(crate) fn image_frames(
    image: &Image,
    fact: ImageFact,
    fill: impl Fn(Raster<'_, 4>, &mut [Pixel]),
) -> Image {
    let (width, height) = (image.fact.width as usize, image.fact.height as usize);
    let mut pixels = vec![[0.0; 4]; fact.len()];
    for (frame, out) in image.frames().zip(pixels.chunks_exact_mut(fact.frame_len())) {
        fill(Raster { width, height, pixels: frame }, out);
    }
    Image::new(fact, pixels)
}

/// Fills every frame of a new matte of `fact` from the same frame of `matte`.
///
/// `fact.batch` must be the batch of `matte`.
pub(crate) fn matte_frames(
    matte: &Matte,
    fact: MatteFact,
    fill: impl Fn(Raster<'_, 1>, &mut [[f32; 1]]),
) -> Matte {
    let (width, height) = (matte.fact.width as usize, matte.fact.height as usize);
    let mut values = vec![0.0; fact.len()];
    for (frame, out) in matte.frames().zip(values.chunks_exact_mut(fact.frame_len())) {
        let (pixels, out) = (frame.as_chunks().0, out.as_chunks_mut().0);
        fill(Raster { width, height, pixels }, out);
    }
    Matte::new(fact, values)
}

/// The image with colour that may be mixed: premultiplied, or opaque as it was.
pub(crate) fn mixable(image: &Image) -> Image {
    match image.fact.alpha {
        Alpha::Straight => image.premultiplied(),
        Alpha::Opaque | Alpha::Premultiplied => image.clone(),
    }
}

/// The alpha channel.
pub(crate) fn alpha_plane(image: &Image) -> Matte {
    use rayon::prelude::*;
    let ImageFact { width, height, batch, .. } = image.fact;
    let values = image.pixels.par_iter().with_min_len(16384).map(|pixel| pixel[3]).collect();
    Matte::new(MatteFact { width, height, batch }, values)
}
