//! The guided filter: a matte follows the edges of a picture.

use rayon::prelude::*;

use crate::frames::{Mismatch, image_frame, image_shape, matte_frame, matte_shape, meeting_batch};
use crate::{Image, Matte, MatteFact, Pixel};

/// What of the guiding picture is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guide {
    /// Three channels and their covariance.
    Colour,
    /// The mean of the three channels.
    Grey,
}

impl Guide {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("colour", Self::Colour), ("grey", Self::Grey)];
}

/// How to filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuidedFilter {
    /// What of the guiding picture is looked at.
    pub guide: Guide,
    /// Boxes are `2 radius + 1` pixels wide and high.
    pub radius: u32,
    /// Variance of the guide that counts as an edge, above 0.
    pub eps: f32,
}

impl Default for GuidedFilter {
    fn default() -> Self {
        Self { guide: Guide::Colour, radius: 8, eps: 1e-4 }
    }
}

/// Filters a matte so that its edges follow the straight colour of a picture (He, Sun and Tang,
/// "Guided image filtering", 2013). Borders mirror with the edge pixel repeated; the result is not
/// clamped. The time does not depend on the radius; a batch of 1 is repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn guided_filter(
    guide: &Image,
    matte: &Matte,
    settings: &GuidedFilter,
) -> Result<Matte, Mismatch> {
    let batch = meeting_batch(image_shape(guide), matte_shape(matte))?;
    let fact = MatteFact { batch, ..matte.fact };
    let guide = guide.straight();
    let mut values = Vec::with_capacity(fact.len());
    for index in 0..batch {
        let (picture, input) = (image_frame(&guide, index), matte_frame(matte, index));
        let frame = Frame { width: fact.width as usize, height: fact.height as usize };
        values.append(&mut match settings.guide {
            Guide::Colour => by_colour(frame, picture, input, settings),
            Guide::Grey => by_grey(frame, picture, input, settings),
        });
    }
    Ok(Matte::new(fact, values))
}

fn by_grey(frame: Frame, guide: &[Pixel], input: &[f32], settings: &GuidedFilter) -> Vec<f32> {
    let grey = |i: usize| {
        let [r, g, b, _] = guide[i].map(f64::from);
        (r + g + b) / 3.0
    };
    let eps = floor_of(settings.eps);
    let fits = box_means(
        frame,
        settings.radius,
        |i| {
            let (guide, input) = (grey(i), f64::from(input[i]));
            [guide, input, guide * input, guide * guide]
        },
        |_, [guide, input, product, square]| {
            let slope = (product - guide * input) / ((square - guide * guide).max(0.0) + eps);
            [slope, input - slope * guide]
        },
    );
    box_means(frame, settings.radius, |i| fits[i], |i, [slope, level]| slope * grey(i) + level)
        .into_iter()
        .map(|v| v as f32)
        .collect()
}

fn by_colour(frame: Frame, guide: &[Pixel], input: &[f32], settings: &GuidedFilter) -> Vec<f32> {
    let colour = |i: usize| {
        let [r, g, b, _] = guide[i].map(f64::from);
        [r, g, b]
    };
    let eps = floor_of(settings.eps);
    let fits = box_means(
        frame,
        settings.radius,
        |i| {
            let ([r, g, b], p) = (colour(i), f64::from(input[i]));
            let squares = [r * r, r * g, r * b, g * g, g * b, b * b];
            let [rr, rg, rb, gg, gb, bb] = squares;
            [r, g, b, p, r * p, g * p, b * p, rr, rg, rb, gg, gb, bb]
        },
        |_, [r, g, b, p, rp, gp, bp, rr, rg, rb, gg, gb, bb]| {
            let covariance = [
                [rr - r * r + eps, rg - r * g, rb - r * b],
                [rg - r * g, gg - g * g + eps, gb - g * b],
                [rb - r * b, gb - g * b, bb - b * b + eps],
            ];
            let slope = solved(covariance, [rp - r * p, gp - g * p, bp - b * p]);
            [slope[0], slope[1], slope[2], p - slope[0] * r - slope[1] * g - slope[2] * b]
        },
    );
    box_means(
        frame,
        settings.radius,
        |i| fits[i],
        |i, [x, y, z, level]| {
            let [r, g, b] = colour(i);
            (x * r + y * g + z * b + level) as f32
        },
    )
}

/// Keeps the smallest divisor well above the rounding of a variance in f64.
fn floor_of(eps: f32) -> f64 {
    f64::from(eps).max(1e-12)
}

/// Solves a symmetric positive definite system by its Cholesky factor.
fn solved(m: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    let root = |d: f64| d.max(f64::MIN_POSITIVE).sqrt();
    let a = root(m[0][0]);
    let (b, c) = (m[1][0] / a, m[2][0] / a);
    let d = root(m[1][1] - b * b);
    let e = (m[2][1] - b * c) / d;
    let f = root(m[2][2] - c * c - e * e);
    let x = v[0] / a;
    let y = (v[1] - b * x) / d;
    let z = (v[2] - c * x - e * y) / f;
    let z = z / f;
    let y = (y - e * z) / d;
    [(x - b * y - c * z) / a, y, z]
}

#[derive(Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
}

/// Means of `K` planes over boxes, in f64 and in constant time per pixel; `finish` makes a pixel's
/// result of them.
///
/// Bands of rows keep running sums per column. Their height follows from the radius alone, so
/// rounding does not depend on the number of threads.
fn box_means<const K: usize, T: Copy + Send>(
    frame: Frame,
    radius: u32,
    source: impl Fn(usize) -> [f64; K] + Sync,
    finish: impl Fn(usize, [f64; K]) -> T + Sync,
) -> Vec<T> {
    let Frame { width, height } = frame;
    let length = 2 * radius as usize + 1;
    let band = length.clamp(64, height.max(64));
    let area = 1.0 / (length as f64 * length as f64);
    let rows = Window::new(height, radius);
    let columns = Window::new(width, radius);
    let add = |sums: &mut [[f64; K]], row: usize, sign: f64| {
        for (x, sum) in sums.iter_mut().enumerate() {
            let values = source(row * width + x);
            for k in 0..K {
                sum[k] += sign * values[k];
            }
        }
    };
    let sum_of_band = |first: usize| {
        let mut sums = vec![[0.0; K]; width];
        if rows.periods > 0 {
            (0..height).for_each(|row| add(&mut sums, row, 2.0 * rows.periods as f64));
        }
        (0..rows.rest).for_each(|offset| add(&mut sums, rows.at(first, offset), 1.0));
        sums
    };
    let starts: Vec<usize> = (0..height).step_by(band).collect();
    let bands: Vec<Vec<T>> = starts
        .into_par_iter()
        .map(|first| {
            let last = (first + band).min(height);
            let mut sums = sum_of_band(first);
            let mut out = Vec::with_capacity((last - first) * width);
            for y in first..last {
                if y > first {
                    add(&mut sums, rows.at(y, rows.rest - 1), 1.0);
                    add(&mut sums, rows.at(y - 1, 0), -1.0);
                }
                let means = row_sums(&columns, &sums);
                out.extend((0..width).map(|x| finish(y * width + x, means[x].map(|v| v * area))));
            }
            out
        })
        .collect();
    bands.concat()
}

/// The sums of a row's boxes from the sums of its columns.
fn row_sums<const K: usize>(columns: &Window, sums: &[[f64; K]]) -> Vec<[f64; K]> {
    let plus = |mut a: [f64; K], b: [f64; K], sign: f64| {
        for k in 0..K {
            a[k] += sign * b[k];
        }
        a
    };
    let twice = 2.0 * columns.periods as f64;
    let mut sum = match columns.periods {
        0 => [0.0; K],
        _ => sums.iter().fold([0.0; K], |sum, column| plus(sum, *column, twice)),
    };
    for offset in 0..columns.rest {
        sum = plus(sum, sums[columns.at(0, offset)], 1.0);
    }
    let mut out = Vec::with_capacity(sums.len());
    out.push(sum);
    for x in 1..sums.len() {
        sum = plus(sum, sums[columns.at(x, columns.rest - 1)], 1.0);
        sum = plus(sum, sums[columns.at(x - 1, 0)], -1.0);
        out.push(sum);
    }
    out
}

/// A box along one axis whose borders mirror: the picture repeats with twice its size, so a box is
/// whole periods and a rest.
struct Window {
    size: usize,
    radius: usize,
    periods: usize,
    rest: usize,
}

impl Window {
    fn new(size: usize, radius: u32) -> Self {
        let radius = radius as usize;
        let length = 2 * radius + 1;
        Self { size, radius, periods: length / (2 * size), rest: length % (2 * size) }
    }

    /// The index of entry `offset` of the box around `centre`.
    fn at(&self, centre: usize, offset: usize) -> usize {
        let period = 2 * self.size;
        let start = centre + period - self.radius % period;
        let place = (start + offset) % period;
        if place < self.size { place } else { period - 1 - place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn mirrored(i: i64, n: i64) -> usize {
        let place = i.rem_euclid(2 * n);
        (if place < n { place } else { 2 * n - 1 - place }) as usize
    }

    #[test]
    fn box_means_are_those_of_brute_force_at_any_radius() {
        for (width, height) in [(1, 1), (1, 9), (7, 1), (5, 4), (3, 150)] {
            let value = |i: usize| ((i * 37 + 11) % 101) as f64 / 101.0;
            for radius in [0, 1, 2, 3, 8, 40] {
                let frame = Frame { width, height };
                let got = box_means(frame, radius, |i| [value(i)], |_, [v]| v);
                let r = i64::from(radius);
                for (i, got) in got.iter().enumerate() {
                    let (x, y) = ((i % width) as i64, (i / width) as i64);
                    let mut sum = 0.0;
                    for v in y - r..=y + r {
                        for u in x - r..=x + r {
                            let at = (mirrored(u, width as i64), mirrored(v, height as i64));
                            sum += value(at.1 * width + at.0);
                        }
                    }
                    let mean = sum / ((2 * r + 1) * (2 * r + 1)) as f64;
                    // Running sums of up to 6561 values in f64.
                    assert!((got - mean).abs() < 1e-12, "{width}x{height} r{radius} at {i}");
                }
            }
        }
    }

    #[test]
    fn a_step_in_the_guide_becomes_a_step_in_the_matte() {
        let side = |i: usize| f32::from(i % 32 >= 16);
        let pixels = (0..32 * 8).map(|i| [side(i), 0.5, 1.0 - side(i), 1.0]).collect();
        let picture = Image::new(ImageFact::new(32, 8, Alpha::Opaque), pixels);
        let rough = (0..32 * 8).map(|i| ((i % 32) as f32 / 31.0 - 0.3).clamp(0.0, 0.4) / 0.4);
        let matte = Matte::new(MatteFact::new(32, 8), rough.collect());
        let settings = GuidedFilter { radius: 6, ..GuidedFilter::default() };
        let out = guided_filter(&picture, &matte, &settings).unwrap();
        let jump = |matte: &Matte| matte.values[16] - matte.values[15];
        assert!(jump(&out) > 0.4 && jump(&matte) < 0.1, "{} {}", jump(&out), jump(&matte));
    }

    #[test]
    fn a_grey_picture_guides_alike_in_colour_and_in_grey() {
        let grey = |i: usize| ((i * 29 % 64) as f32) / 64.0;
        let pixels = (0..256).map(|i| [grey(i), grey(i), grey(i), 1.0]).collect();
        let picture = Image::new(ImageFact::new(16, 16, Alpha::Opaque), pixels);
        let matte = Matte::new(MatteFact::new(16, 16), (0..256).map(|i| grey(i * 7)).collect());
        let colour = GuidedFilter { radius: 3, eps: 3e-3, guide: Guide::Colour };
        // Three equal channels carry three times the variance, so eps is three times as weak.
        let grey = GuidedFilter { guide: Guide::Grey, eps: 1e-3, ..colour };
        let a = guided_filter(&picture, &matte, &colour).unwrap();
        let b = guided_filter(&picture, &matte, &grey).unwrap();
        for (a, b) in a.values.iter().zip(b.values.iter()) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
