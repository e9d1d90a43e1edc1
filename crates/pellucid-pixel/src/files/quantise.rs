//! Pixels to samples of files: `floor(clamp(v, 0, 1) * (2^bits - 1) + 0.5)`, NaN to 0.

use rayon::prelude::*;

use super::dither::Dither;
use crate::image::{linear_to_srgb, srgb_to_linear, unpremultiply};
use crate::{Alpha, Encoding, Image, Pixel};

/// An integer sample as a file stores it.
pub(super) trait Code: Copy + Default + Send + Sync {
    /// The nearest code of a value, clamped to 0 to 1.
    fn nearest(v: f32) -> Self;
    /// The code of a dithered value, where codes are coarse enough to need it; the threshold
    /// is told whether the value lies in the first or last code.
    fn dithered(v: f32, threshold: impl FnOnce(bool) -> f32) -> Self;
}

impl Code for u8 {
    #[inline]
    fn nearest(v: f32) -> Self {
        nearest_code(v, 255.0) as u8
    }

    fn dithered(v: f32, threshold: impl FnOnce(bool) -> f32) -> Self {
        let scaled = v.clamp(0.0, 1.0) * 255.0;
        match scaled.fract() == 0.0 {
            true => scaled as u8,
            false => (scaled + threshold(!(1.0..=254.0).contains(&scaled))).floor() as u8,
        }
    }
}

impl Code for u16 {
    #[inline]
    fn nearest(v: f32) -> Self {
        nearest_code(v, 65_535.0) as u16
    }

    fn dithered(v: f32, _: impl FnOnce(bool) -> f32) -> Self {
        Self::nearest(v)
    }
}

/// A big-endian 16-bit sample.
impl Code for [u8; 2] {
    #[inline]
    fn nearest(v: f32) -> Self {
        u16::nearest(v).to_be_bytes()
    }

    fn dithered(v: f32, _: impl FnOnce(bool) -> f32) -> Self {
        Self::nearest(v)
    }
}

/// `floor(v * max + 0.5)` within 0 to `max`, which is at most 65,535. A cast would do the same, but
/// casts that saturate are not done several at a time.
#[inline]
fn nearest_code(v: f32, max: f32) -> u32 {
    /// 2^23: a sum of this size has no fraction, and its low bits are the whole number.
    const WHOLE: f32 = 8_388_608.0;
    // `max` turns NaN into 0; `clamp` would keep it.
    let scaled = (v * max + 0.5).max(0.0).min(max);
    let rounded = (scaled + WHOLE) - WHOLE;
    let floor = if rounded > scaled { rounded - 1.0 } else { rounded };
    (floor + WHOLE).to_bits() & 0xffff
}

/// What happens to pixels on their way into a file that holds sRGB-encoded colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finish {
    alpha: Alpha,
    encoding: Encoding,
    /// In the encoding of the image.
    background: Option<[f32; 3]>,
    dither: Option<Dither>,
    /// The largest code, where codes are rounded down.
    down: Option<f32>,
}

impl Finish {
    /// The way of an image's pixels, over an sRGB-encoded background if there is one.
    pub(super) fn new(image: &Image, background: Option<[f32; 3]>, dither: Option<Dither>) -> Self {
        let (alpha, encoding) = (image.fact.alpha, image.fact.encoding);
        let background = background.map(|rgb| match encoding {
            Encoding::Srgb => rgb,
            Encoding::Linear => rgb.map(srgb_to_linear),
        });
        Self { alpha, encoding, background, dither, down: None }
    }

    /// The same way with codes up to `max` rounded down: `floor(clamp(v, 0, 1) * max)`.
    pub(super) fn rounding_down(self, max: f32) -> Self {
        Self { down: Some(max), ..self }
    }

    /// True where the file gets an alpha channel.
    pub(super) fn keeps_alpha(&self) -> bool {
        self.alpha != Alpha::Opaque && self.background.is_none()
    }

    /// Channels of the file: 4 with alpha, 3 without.
    pub(super) fn channels(&self) -> usize {
        if self.keeps_alpha() { 4 } else { 3 }
    }

    /// True where a pixel is already what the file holds.
    fn is_nothing(&self) -> bool {
        let solid = self.background.is_none() || self.alpha == Alpha::Opaque;
        let exact = solid && self.down.is_none();
        exact && self.alpha != Alpha::Premultiplied && self.encoding == Encoding::Srgb
    }

    /// Straight or solid, sRGB-encoded.
    #[inline]
    fn pixel(&self, pixel: Pixel) -> Pixel {
        let pixel = self.flat(pixel);
        let [r, g, b, a] = match (self.alpha, self.background) {
            (Alpha::Premultiplied, None) => unpremultiply(pixel),
            _ => pixel,
        };
        let pixel = match self.encoding {
            Encoding::Srgb => [r, g, b, a],
            Encoding::Linear => [linear_to_srgb(r), linear_to_srgb(g), linear_to_srgb(b), a],
        };
        match self.down {
            // The value of a code is nearest to that code.
            Some(max) => pixel.map(|v| (v.clamp(0.0, 1.0) * max).floor() / max),
            None => pixel,
        }
    }

    /// The pixel over the background, if there is one.
    #[inline]
    pub(super) fn flat(&self, pixel: Pixel) -> Pixel {
        let Some([x, y, z]) = self.background else { return pixel };
        let [r, g, b, a] = match self.alpha {
            Alpha::Opaque => return pixel,
            Alpha::Straight => crate::image::premultiply(pixel),
            Alpha::Premultiplied => pixel,
        };
        [r + x * (1.0 - a), g + y * (1.0 - a), b + z * (1.0 - a), 1.0]
    }
}

/// Interleaved codes: RGBA where the finish keeps alpha, else RGB.
pub(super) fn codes<T: Code>(image: &Image, finish: &Finish) -> Vec<T> {
    let mut codes = vec![T::default(); image.pixels.len() * finish.channels()];
    codes_of_rows(image, finish, 0, &mut codes);
    codes
}

/// The same codes for as many rows as there is room for, the first of which is the picture's row
/// `first`.
pub(super) fn codes_of_rows<T: Code>(
    image: &Image,
    finish: &Finish,
    first: usize,
    codes: &mut [T],
) {
    let width = image.fact.width as usize;
    let pixels = &image.pixels[first * width..][..codes.len() / finish.channels()];
    match finish.keeps_alpha() {
        true => fill(codes.as_chunks_mut::<4>().0, pixels, width, first, finish),
        false => fill(codes.as_chunks_mut::<3>().0, pixels, width, first, finish),
    }
}

/// Codes of rows, the first of which is the picture's row `first`.
fn fill<T: Code, const N: usize>(
    codes: &mut [[T; N]],
    pixels: &[Pixel],
    width: usize,
    first: usize,
    finish: &Finish,
) {
    let rows = codes.par_chunks_exact_mut(width).zip(pixels.par_chunks_exact(width));
    let rows = rows.with_min_len(4096_usize.div_ceil(width)).enumerate();
    match finish.dither {
        Some(dither) => rows.for_each(|(y, (codes, pixels))| {
            for (x, (code, pixel)) in codes.iter_mut().zip(pixels).enumerate() {
                *code = dithered(finish.pixel(*pixel), dither, x as u32, (first + y) as u32);
            }
        }),
        None if finish.is_nothing() && N == 4 => rows.for_each(|(_, (codes, pixels))| {
            for (code, v) in codes.as_flattened_mut().iter_mut().zip(pixels.as_flattened()) {
                *code = T::nearest(*v);
            }
        }),
        None if finish.is_nothing() => rows.for_each(|(_, (codes, pixels))| {
            nearest_row(codes, pixels, |pixel| pixel);
        }),
        None => rows.for_each(|(_, (codes, pixels))| {
            nearest_row(codes, pixels, |pixel| finish.pixel(pixel));
        }),
    }
}

#[inline]
fn nearest_row<T: Code, const N: usize>(
    codes: &mut [[T; N]],
    pixels: &[Pixel],
    finish: impl Fn(Pixel) -> Pixel,
) {
    for (code, pixel) in codes.iter_mut().zip(pixels) {
        let values = finish(*pixel);
        *code = std::array::from_fn(|channel| T::nearest(values[channel]));
    }
}

/// Dithers colour where it shows; alpha takes the nearest code.
fn dithered<T: Code, const N: usize>(pixel: Pixel, dither: Dither, x: u32, y: u32) -> [T; N] {
    std::array::from_fn(|channel| match channel < 3 && pixel[3] > 0.0 {
        true => {
            T::dithered(pixel[channel], |at_end| dither.threshold(x, y, channel as u32, at_end))
        }
        false => T::nearest(pixel[channel]),
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::*;
    use crate::ImageFact;

    #[test]
    fn every_code_survives_the_way_to_float_and_back() {
        for code in 0..=u8::MAX {
            assert_eq!(u8::nearest(code.unit()), code);
        }
        for code in 0..=u16::MAX {
            assert_eq!(u16::nearest(code.unit()), code);
            assert_eq!(<[u8; 2]>::nearest(code.unit()), code.to_be_bytes());
        }
    }

    #[test]
    fn the_code_of_any_float_is_that_of_a_saturating_cast() {
        for bits in (0..=u32::MAX).step_by(3_331) {
            let v = f32::from_bits(bits);
            assert_eq!(u8::nearest(v), (v * 255.0 + 0.5) as u8, "{v}");
            assert_eq!(u16::nearest(v), (v * 65_535.0 + 0.5) as u16, "{v}");
        }
        for half in 0..255 {
            let v = (half as f32 + 0.5) / 255.0;
            assert_eq!(u8::nearest(v), (v * 255.0 + 0.5) as u8, "{v}");
        }
    }

    #[test]
    fn values_round_half_up_and_clamp() {
        assert_eq!(u8::nearest(0.5), 128);
        assert_eq!(u8::nearest(0.5 / 255.0 - 1e-4), 0);
        assert_eq!(u8::nearest(1.5), 255);
        assert_eq!(u8::nearest(-0.5), 0);
        assert_eq!(u8::nearest(f32::NAN), 0);
        assert_eq!(u8::nearest(f32::INFINITY), 255);
        assert_eq!(u16::nearest(f32::NEG_INFINITY), 0);
    }

    #[test]
    fn codes_may_be_rounded_down() {
        let image = Image::new(
            ImageFact::new(1, 1, Alpha::Straight),
            vec![[0.498, 254.9 / 255.0, 2.0, 0.999]],
        );
        let finish = Finish::new(&image, None, None).rounding_down(255.0);
        assert_eq!(codes::<u8>(&image, &finish), [126, 254, 255, 254]);
        for code in 0..=u8::MAX {
            let grey = code.unit();
            let image = Image::new(image.fact, vec![[grey, grey, grey, f32::NAN]]);
            assert_eq!(codes::<u8>(&image, &finish), [code, code, code, 0]);
        }
    }

    #[test]
    fn clear_straight_colour_is_written_untouched_and_clear_premultiplied_is_black() {
        let straight = ImageFact::new(1, 1, Alpha::Straight);
        let image = Image::new(straight, vec![[0.2, 0.4, 0.6, 0.0]]);
        let finish = Finish::new(&image, None, Some(Dither::Noise { seed: 1 }));
        assert_eq!(codes::<u8>(&image, &finish), [51, 102, 153, 0]);
        let premultiplied = ImageFact::new(1, 1, Alpha::Premultiplied);
        let image = Image::new(premultiplied, vec![[0.2, 0.4, 0.6, 0.0]]);
        assert_eq!(codes::<u8>(&image, &Finish::new(&image, None, None)), [0, 0, 0, 0]);
    }

    #[test]
    fn rows_taken_apart_are_the_whole() {
        let fact = ImageFact::new(100, 70, Alpha::Straight);
        let pixel = |i: u32| [i as f32 / 7e3, (i % 99) as f32 / 98.0, 0.3, (i % 5) as f32 / 4.0];
        let image = Image::new(fact, (0..7000).map(pixel).collect());
        for dither in [None, Some(Dither::Noise { seed: 2 })] {
            for background in [None, Some([0.1, 0.2, 0.3])] {
                let finish = Finish::new(&image, background, dither);
                let row = 100 * finish.channels();
                let mut rows = vec![0u8; 30 * row];
                codes_of_rows(&image, &finish, 40, &mut rows);
                assert!(rows == codes::<u8>(&image, &finish)[40 * row..]);
            }
        }
    }

    #[test]
    fn a_background_goes_under_the_picture_in_the_encoding_of_the_image() {
        let fact = ImageFact::new(1, 1, Alpha::Straight);
        let image = Image::new(fact, vec![[1.0, 0.0, 0.0, 0.5]]);
        let finish = Finish::new(&image, Some([0.0, 1.0, 0.0]), None);
        assert_eq!(codes::<u8>(&image, &finish), [128, 128, 0]);
        let linear = ImageFact { encoding: Encoding::Linear, ..fact };
        let image = Image::new(linear, vec![[1.0, 0.0, 0.0, 0.5]]);
        let finish = Finish::new(&image, Some([0.0, 1.0, 0.0]), None);
        // Half the light is code 188.
        assert_eq!(codes::<u8>(&image, &finish), [188, 188, 0]);
    }
}
