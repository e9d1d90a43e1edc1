//! Reconstruction kernels and the taps they give for a change of size.

use std::f64::consts::PI;
use std::ops::Range;

/// The kernel of a resize.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Windowed sinc of three lobes: sharpest, rings at hard edges.
    #[default]
    Lanczos3,
    /// Cubic with B = C = 1/3: a compromise between ringing and softness.
    Mitchell,
    /// Cubic with B = 0, C = 1/2: interpolates, rings a little.
    CatmullRom,
    /// Linear interpolation; a tent when minifying. Never rings.
    Triangle,
    /// Average of the covered pixels when minifying, nearest pixel when magnifying.
    Box,
    /// The pixel under the centre, without any averaging.
    Nearest,
}

impl Filter {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("lanczos3", Self::Lanczos3),
        ("mitchell", Self::Mitchell),
        ("catmull_rom", Self::CatmullRom),
        ("triangle", Self::Triangle),
        ("box", Self::Box),
        ("nearest", Self::Nearest),
    ];

    /// Half the width of the kernel, in source pixels at scale 1.
    fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Box => 0.5,
            Self::Triangle => 1.0,
            Self::CatmullRom | Self::Mitchell => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Nearest | Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Triangle => (1.0 - x.abs()).max(0.0),
            Self::CatmullRom => cubic(x.abs(), 0.0, 0.5),
            Self::Mitchell => cubic(x.abs(), 1.0 / 3.0, 1.0 / 3.0),
            Self::Lanczos3 => lanczos3(x),
        }
    }
}

/// The cubic family of Mitchell and Netravali, 1988, for `x >= 0`.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    let sixth = if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x + (-18.0 + 12.0 * b + 6.0 * c)) * x * x + (6.0 - 2.0 * b)
    } else if x < 2.0 {
        (((-b - 6.0 * c) * x + (6.0 * b + 30.0 * c)) * x + (-12.0 * b - 48.0 * c)) * x
            + (8.0 * b + 24.0 * c)
    } else {
        0.0
    };
    sixth / 6.0
}

fn lanczos3(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else if x.abs() < 3.0 {
        let t = PI * x;
        3.0 * t.sin() * (t / 3.0).sin() / (t * t)
    } else {
        0.0
    }
}

/// For each output position of one axis: which source positions it mixes, and how.
pub(crate) struct Taps {
    spans: Vec<Span>,
    weights: Vec<f32>,
    /// The largest number of taps of any output position.
    pub longest: usize,
}

struct Span {
    first: usize,
    weights: Range<usize>,
}

impl Taps {
    /// Taps for the positions `window` of `to`, scaled from `from` source positions.
    ///
    /// Equal sizes give single taps of weight 1 whatever the filter, so nothing changes.
    pub fn new(filter: Filter, from: usize, to: usize, window: Range<usize>) -> Self {
        let mut taps = Self { spans: Vec::new(), weights: Vec::new(), longest: 1 };
        let scale = from as f64 / to as f64;
        for i in window {
            if from == to {
                taps.push(i, &[1.0]);
                continue;
            }
            let centre = (i as f64 + 0.5) * scale;
            if filter == Filter::Nearest {
                taps.push((centre as usize).min(from - 1), &[1.0]);
            } else {
                let (first, weights) = taps_at(filter, centre, scale.max(1.0), from);
                taps.push(first, &weights);
            }
        }
        taps
    }

    /// Taps given one output position after the other: the first source position, and the weights
    /// from there on.
    pub fn of(spans: impl Iterator<Item = (usize, Vec<f32>)>) -> Self {
        let mut taps = Self { spans: Vec::new(), weights: Vec::new(), longest: 1 };
        spans.for_each(|(first, weights)| taps.push(first, &weights));
        taps
    }

    fn push(&mut self, first: usize, weights: &[f32]) {
        let start = self.weights.len();
        self.weights.extend_from_slice(weights);
        self.spans.push(Span { first, weights: start..self.weights.len() });
        self.longest = self.longest.max(weights.len());
    }

    /// Output positions.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The first source position of output `i`, and the weights from there on.
    #[inline]
    pub fn at(&self, i: usize) -> (usize, &[f32]) {
        let span = &self.spans[i];
        (span.first, &self.weights[span.weights.clone()])
    }

    /// All outputs in order, as [`Taps::at`] gives them.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.spans.iter().map(|span| (span.first, &self.weights[span.weights.clone()]))
    }
}

fn taps_at(filter: Filter, centre: f64, stretch: f64, from: usize) -> (usize, Vec<f32>) {
    let reach = filter.support() * stretch;
    let first = ((centre - reach + 0.5).floor().max(0.0) as usize).min(from - 1);
    let end = ((centre + reach + 0.5).floor() as usize).clamp(first + 1, from);
    let weights: Vec<f64> =
        (first..end).map(|j| filter.weight((j as f64 + 0.5 - centre) / stretch)).collect();
    let sum: f64 = weights.iter().sum();
    (first, weights.iter().map(|w| (w / sum) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_sum_to_one_and_stay_inside_for_every_size() {
        let sizes = [1, 2, 3, 5, 8, 17, 64, 100, 333, 1024, 2049];
        for &(name, filter) in Filter::NAMES {
            for from in sizes {
                for to in sizes {
                    let taps = Taps::new(filter, from, to, 0..to);
                    assert_eq!(taps.len(), to);
                    let mut before = 0;
                    for (first, weights) in taps.iter() {
                        let sum: f32 = weights.iter().sum();
                        // 12 300 taps at most, each rounded to f32.
                        assert!((sum - 1.0).abs() < 2e-5, "{name} {from} to {to}: {sum}");
                        assert!(first + weights.len() <= from && first >= before);
                        before = first;
                    }
                }
            }
        }
    }

    #[test]
    fn a_window_holds_the_same_taps_as_the_whole() {
        let whole = Taps::new(Filter::Mitchell, 100, 37, 0..37);
        let part = Taps::new(Filter::Mitchell, 100, 37, 5..20);
        for i in 0..part.len() {
            assert_eq!(part.at(i), whole.at(i + 5));
        }
    }
}
