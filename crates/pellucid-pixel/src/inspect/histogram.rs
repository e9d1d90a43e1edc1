//! How often which value occurs.

use crate::Image;
use crate::key::LumaWeights;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Alpha.
    Alpha,
    /// Straight red.
    Red,
    /// Straight green.
    Green,
    /// Straight blue.
    Blue,
    /// Rec. 601 luma of straight colour, in the encoding of the image.
    Luma,
}

impl Channel {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("alpha", Self::Alpha),
        ("red", Self::Red),
        ("green", Self::Green),
        ("blue", Self::Blue),
        ("luma", Self::Luma),
    ];

    /// The value of a straight pixel.
    pub fn of(self, [r, g, b, a]: crate::Pixel) -> f32 {
        match self {
            Self::Alpha => a,
            Self::Red => r,
            Self::Green => g,
            Self::Blue => b,
            Self::Luma => LumaWeights::Encoded.luma([r, g, b]),
        }
    }
}

/// What to count, and into what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramSettings {
    /// What is counted.
    pub channel: Channel,
    /// Bins of equal width, at least 1.
    pub bins: u32,
    /// The lower end of the first bin.
    pub lo: f32,
    /// The upper end of the last bin, which belongs to it.
    pub hi: f32,
}

impl Default for HistogramSettings {
    fn default() -> Self {
        Self { channel: Channel::Alpha, bins: 256, lo: 0.0, hi: 1.0 }
    }
}

/// Counts of values over all frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Pixels in every bin.
    pub counts: Vec<u64>,
    /// Pixels below the first bin.
    pub below: u64,
    /// Pixels above the last bin.
    pub above: u64,
}

/// Counts the values of a channel: bin `floor((v - lo) / (hi - lo) * bins)`. Where `hi` is not above
/// `lo`, only values equal to `lo` are in range, in the first bin.
pub fn histogram(image: &Image, settings: &HistogramSettings) -> Histogram {
    let bins = settings.bins.max(1) as usize;
    let mut histogram = Histogram { counts: vec![0; bins], below: 0, above: 0 };
    let (lo, hi) = (f64::from(settings.lo), f64::from(settings.hi).max(f64::from(settings.lo)));
    for pixel in image.straight().pixels.iter() {
        let v = f64::from(settings.channel.of(*pixel));
        if v < lo {
            histogram.below += 1;
        } else if v > hi {
            histogram.above += 1;
        } else {
            let place = if hi > lo { (v - lo) / (hi - lo) * bins as f64 } else { 0.0 };
            histogram.counts[(place as usize).min(bins - 1)] += 1;
        }
    }
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    #[test]
    fn every_pixel_is_counted_once_and_the_ends_are_in() {
        let values = [-0.1, 0.0, 0.24, 0.25, 0.99, 1.0, 1.5];
        let pixels = values.iter().map(|v| [*v, 0.0, 0.0, 1.0]).collect();
        let image = Image::new(ImageFact::new(7, 1, Alpha::Straight), pixels);
        let settings =
            HistogramSettings { channel: Channel::Red, bins: 4, ..HistogramSettings::default() };
        let got = histogram(&image, &settings);
        assert_eq!(got, Histogram { counts: vec![2, 1, 0, 2], below: 1, above: 1 });
        let point = histogram(&image, &HistogramSettings { hi: 0.0, ..settings });
        assert_eq!(point, Histogram { counts: vec![1, 0, 0, 0], below: 1, above: 5 });
    }

    #[test]
    fn eight_bit_codes_fall_one_to_a_bin() {
        let pixels = (0..256).map(|i| [0.0, 0.0, 0.0, i as f32 / 255.0]).collect();
        let image = Image::new(ImageFact::new(16, 16, Alpha::Straight), pixels);
        let counts = histogram(&image, &HistogramSettings::default()).counts;
        assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
    }
}
