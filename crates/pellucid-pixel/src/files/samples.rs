//! Samples of files to pixels: `code / (2^bits - 1)`, grey to three equal channels.

use half::f16;
use rayon::prelude::*;

use crate::Pixel;

/// What infinity in a file becomes: the largest half, with its sign.
pub(super) const INFINITY_IN_FILES: f32 = 65_504.0;

/// A sample as a file stores it.
pub(super) trait Sample: Copy + Send + Sync {
    /// The value, 0 to 1 for integer samples.
    fn unit(self) -> f32;
}

impl Sample for u8 {
    #[inline]
    fn unit(self) -> f32 {
        f32::from(self) / 255.0
    }
}

impl Sample for u16 {
    #[inline]
    fn unit(self) -> f32 {
        f32::from(self) / 65_535.0
    }
}

/// A big-endian 16-bit sample.
impl Sample for [u8; 2] {
    #[inline]
    fn unit(self) -> f32 {
        u16::from_be_bytes(self).unit()
    }
}

impl Sample for u32 {
    #[inline]
    fn unit(self) -> f32 {
        (f64::from(self) / f64::from(u32::MAX)) as f32
    }
}

impl Sample for f16 {
    #[inline]
    fn unit(self) -> f32 {
        self.to_f32()
    }
}

impl Sample for f32 {
    #[inline]
    fn unit(self) -> f32 {
        self
    }
}

impl Sample for f64 {
    #[inline]
    fn unit(self) -> f32 {
        self as f32
    }
}

/// Where the channels of a pixel lie among its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Channels {
    /// 1 grey, 3 RGB, 4 CMYK: always the first samples.
    pub(super) colours: usize,
    /// The sample that is alpha.
    pub(super) alpha: Option<usize>,
    /// Samples of a pixel.
    pub(super) count: usize,
}

impl Channels {
    pub(super) const GREY: Self = Self { colours: 1, alpha: None, count: 1 };
    pub(super) const GREY_ALPHA: Self = Self { colours: 1, alpha: Some(1), count: 2 };
    pub(super) const RGB: Self = Self { colours: 3, alpha: None, count: 3 };
    pub(super) const RGBA: Self = Self { colours: 3, alpha: Some(3), count: 4 };
    pub(super) const CMYK: Self = Self { colours: 4, alpha: None, count: 4 };
}

/// Pixels of samples that lie pixel by pixel. CMYK comes out as it is, in the pixel's four places.
pub(super) fn pixels<S: Sample>(samples: &[S], channels: Channels) -> Vec<Pixel> {
    match channels {
        Channels::GREY => pixels_of(samples, |[v]: [S; 1]| grey(v.unit(), 1.0)),
        Channels::GREY_ALPHA => pixels_of(samples, |[v, a]: [S; 2]| grey(v.unit(), a.unit())),
        Channels::RGB => {
            pixels_of(samples, |[r, g, b]: [S; 3]| [r.unit(), g.unit(), b.unit(), 1.0])
        }
        Channels::RGBA | Channels::CMYK => pixels_of(samples, |p: [S; 4]| p.map(S::unit)),
        _ => samples
            .par_chunks_exact(channels.count)
            .with_min_len(4096)
            .map(|p| pixel_at(channels, |channel| p[channel].unit()))
            .collect(),
    }
}

/// Pixels of samples that lie channel by channel, `len` of each.
pub(super) fn planar_pixels<S: Sample>(
    samples: &[S],
    channels: Channels,
    len: usize,
) -> Vec<Pixel> {
    (0..len)
        .into_par_iter()
        .with_min_len(4096)
        .map(|i| pixel_at(channels, |channel| samples[channel * len + i].unit()))
        .collect()
}

/// Replaces what is not finite and says how many values that were: NaN by 0, infinity by
/// [`INFINITY_IN_FILES`].
pub(super) fn make_finite(pixels: &mut [Pixel]) -> usize {
    pixels
        .par_chunks_mut(4096)
        .map(|chunk| {
            let mut replaced = 0;
            for value in chunk.as_flattened_mut().iter_mut().filter(|v| !v.is_finite()) {
                *value = match value.is_nan() {
                    true => 0.0,
                    false => INFINITY_IN_FILES.copysign(*value),
                };
                replaced += 1;
            }
            replaced
        })
        .sum()
}

fn pixels_of<S: Sample, const N: usize>(
    samples: &[S],
    pixel: impl Fn([S; N]) -> Pixel + Sync + Send,
) -> Vec<Pixel> {
    samples.as_chunks::<N>().0.par_iter().with_min_len(4096).map(|p| pixel(*p)).collect()
}

fn pixel_at(channels: Channels, sample: impl Fn(usize) -> f32) -> Pixel {
    let alpha = channels.alpha.map_or(1.0, &sample);
    match channels.colours {
        1 => grey(sample(0), alpha),
        3 => [sample(0), sample(1), sample(2), alpha],
        _ => [sample(0), sample(1), sample(2), sample(3)],
    }
}

fn grey(v: f32, a: f32) -> Pixel {
    [v, v, v, a]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_and_interleaved_samples_give_the_same_pixels() {
        let interleaved = [10u8, 20, 30, 40, 50, 60, 70, 80, 90, 100];
        let planar = [10u8, 60, 20, 70, 30, 80, 40, 90, 50, 100];
        let channels = Channels { colours: 3, alpha: Some(4), count: 5 };
        let pixels = pixels(&interleaved, channels);
        assert_eq!(pixels, planar_pixels(&planar, channels, 2));
        assert_eq!(pixels[1], [60, 70, 80, 100].map(u8::unit));
    }

    #[test]
    fn what_is_not_finite_is_replaced_and_counted() {
        let mut pixels =
            [[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0], [1e30, -2.0, 0.0, 0.5]];
        assert_eq!(make_finite(&mut pixels), 3);
        assert_eq!(pixels[0], [0.0, 65_504.0, -65_504.0, 1.0]);
        assert_eq!(pixels[1], [1e30, -2.0, 0.0, 0.5]);
    }
}
