//! Colour statistics of one picture given to another.

use super::oklab::{light_to_oklab, oklab_to_light};
use super::{Colour, from_light, on_straight, to_light};
use crate::frames::{image_frame, sum_rows};
use crate::{Encoding, Image, ImageFact, Pixel};

/// The space in which mean and deviation are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchSpace {
    /// Oklab: lightness and two opponent channels, which depend little on each other.
    Oklab,
    /// Red, green and blue in the encoding of the picture.
    Rgb,
}

impl MatchSpace {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("oklab", Self::Oklab), ("rgb", Self::Rgb)];
}

/// How to match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchColour {
    /// The space in which mean and deviation are taken.
    pub space: MatchSpace,
    /// 0 changes nothing, 1 matches fully.
    pub amount: f32,
    /// Matches the standard deviation too, not only the mean.
    pub deviation: bool,
}

impl Default for MatchColour {
    fn default() -> Self {
        Self { space: MatchSpace::Oklab, amount: 1.0, deviation: true }
    }
}

/// Gives a picture the mean and the standard deviation of another's colour, per channel of the
/// chosen space: `v' = (v - mean) target_deviation / deviation + target_mean` (after Reinhard and
/// others, "Color transfer between images", 2001), mixed with the old straight colour by `amount`.
///
/// Statistics weigh every pixel by its alpha, clamped to 0 to 1, frame by frame; frame `i` is
/// matched to frame `i` of the target, or to its last. A frame without alpha on either side is
/// returned as it is, as is a channel's contrast where it has no deviation (below 1e-6). The sizes
/// may differ.
pub fn match_colour(image: &Image, target: &Image, settings: &MatchColour) -> Image {
    if settings.amount == 0.0 {
        return image.clone();
    }
    let target = target.straight().encoded(image.fact.encoding);
    let straight = image.straight();
    let one = ImageFact { batch: 1, ..image.fact };
    let mut pixels: Vec<Pixel> = Vec::with_capacity(image.pixels.len());
    for index in 0..image.fact.batch {
        let frame = Image::new(one, image.frame(index).to_vec());
        let source = statistics(straight.frame(index), &straight.fact, settings.space);
        let wanted = statistics(image_frame(&target, index), &target.fact, settings.space);
        match (source, wanted) {
            (Some(source), Some(wanted)) => {
                let moved =
                    on_straight(&frame, |colour| moved(colour, one, &source, &wanted, settings));
                pixels.extend_from_slice(&moved.pixels);
            }
            _ => pixels.extend_from_slice(&frame.pixels),
        }
    }
    Image::new(image.fact, pixels)
}

struct Statistics {
    mean: [f64; 3],
    deviation: [f64; 3],
}

fn moved(
    colour: Colour,
    fact: ImageFact,
    source: &Statistics,
    wanted: &Statistics,
    settings: &MatchColour,
) -> Colour {
    let mut values = into_space(colour, fact.encoding, settings.space);
    for (c, v) in values.iter_mut().enumerate() {
        let still = !settings.deviation || source.deviation[c] < 1e-6;
        let ratio = if still { 1.0 } else { wanted.deviation[c] / source.deviation[c] };
        *v = ((f64::from(*v) - source.mean[c]) * ratio + wanted.mean[c]) as f32;
    }
    let new = match settings.space {
        MatchSpace::Rgb => values,
        MatchSpace::Oklab => from_light(oklab_to_light(values), fact.encoding),
    };
    std::array::from_fn(|c| colour[c] + (new[c] - colour[c]) * settings.amount)
}

fn into_space(colour: Colour, encoding: Encoding, space: MatchSpace) -> Colour {
    match space {
        MatchSpace::Rgb => colour,
        MatchSpace::Oklab => light_to_oklab(to_light(colour, encoding)),
    }
}

fn statistics(frame: &[Pixel], fact: &ImageFact, space: MatchSpace) -> Option<Statistics> {
    let weighed = |i: usize| {
        let [r, g, b, a] = frame[i];
        (into_space([r, g, b], fact.encoding, space).map(f64::from), f64::from(a.clamp(0.0, 1.0)))
    };
    let [weight, x, y, z] = sum_rows(fact.width, frame.len(), |i| {
        let ([x, y, z], w) = weighed(i);
        [w, x * w, y * w, z * w]
    });
    if weight <= 0.0 {
        return None;
    }
    let mean = [x, y, z].map(|sum| sum / weight);
    let squares = sum_rows(fact.width, frame.len(), |i| {
        let (colour, w) = weighed(i);
        std::array::from_fn::<f64, 3, _>(|c| w * (colour[c] - mean[c]).powi(2))
    });
    Some(Statistics { mean, deviation: squares.map(|sum| (sum / weight).sqrt()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Alpha;

    fn picture(scale: f32, offset: f32) -> Image {
        let value = |i: usize, k: usize| ((i * k + 5) % 17) as f32 / 17.0 * scale + offset;
        let pixels = (0..12 * 9)
            .map(|i| [value(i, 7), value(i, 11), value(i, 13), (i % 4) as f32 / 3.0])
            .collect();
        Image::new(ImageFact::new(12, 9, Alpha::Straight), pixels)
    }

    #[test]
    fn the_result_has_the_targets_statistics() {
        let target = picture(0.3, 0.4);
        for (_, space) in MatchSpace::NAMES {
            let settings = MatchColour { space: *space, ..MatchColour::default() };
            for image in [picture(0.7, 0.1), picture(0.7, 0.1).premultiplied()] {
                let out = match_colour(&image, &target, &settings).straight();
                let got = statistics(out.frame(0), &out.fact, *space).unwrap();
                let wanted = statistics(target.frame(0), &target.fact, *space).unwrap();
                for c in 0..3 {
                    // There and back through f32 cubes and transfer functions.
                    assert!((got.mean[c] - wanted.mean[c]).abs() < 1e-5);
                    assert!((got.deviation[c] - wanted.deviation[c]).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn what_lies_under_alpha_zero_does_not_count() {
        let clean = picture(0.7, 0.1);
        let dirty = clean.map(clean.fact, |p| if p[3] > 0.0 { p } else { [9.0, 9.0, 9.0, 0.0] });
        let target = picture(0.3, 0.4);
        let a = match_colour(&clean, &target, &MatchColour::default());
        let b = match_colour(&dirty, &target, &MatchColour::default());
        for (p, q) in a.pixels.iter().zip(b.pixels.iter()).filter(|(p, _)| p[3] > 0.0) {
            assert_eq!(p, q);
        }
    }

    #[test]
    fn a_clear_target_changes_nothing() {
        let clear = picture(0.3, 0.4).map(picture(0.0, 0.0).fact, |[r, g, b, _]| [r, g, b, 0.0]);
        let image = picture(0.7, 0.1);
        assert_eq!(match_colour(&image, &clear, &MatchColour::default()), image);
    }
}
