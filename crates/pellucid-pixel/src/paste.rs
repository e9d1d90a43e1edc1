//! Putting one picture, or one matte, into another at a place.

use rayon::prelude::*;

use crate::frames::matte_frame;
use crate::{Alpha, Image, ImageFact, Matte, Pixel};

/// Puts `fg` into `bg` with its top left pixel at `at`, as much as the mask says: on straight
/// channels, `m*fg + (1 - m)*bg`, alpha like any other. What lies outside `bg` is cut off.
///
/// A `bg` without alpha takes the colour of `fg` alone. Batches are repeated from their start until
/// there is a picture for every one of `bg`. The result is opaque or straight, as `bg`.
///
/// # Panics
/// When the mask is not as large as `fg`: a bug of the caller.
pub fn paste(bg: &Image, fg: &Image, mask: Option<&Matte>, at: (i64, i64)) -> Image {
    if let Some(mask) = mask {
        assert_eq!(mask.fact.size(), fg.fact.size(), "mask and picture differ in size");
    }
    let fact = ImageFact { alpha: pasted_alpha(bg.fact.alpha), ..bg.fact };
    let opaque = fact.alpha == Alpha::Opaque;
    let fg = fg.encoded(fact.encoding).straight();
    let mut pixels = bg.in_state(fact.alpha).pixels.to_vec();
    let rows = Rows::new(fact.size(), fg.fact.size(), at);
    pixels.par_chunks_mut(fact.width as usize).enumerate().for_each(|(row, out)| {
        let (frame, y) = (row / fact.height as usize, row % fact.height as usize);
        let Some((start, columns)) = rows.at(y) else { return };
        let source = &fg.frame(frame as u32 % fg.fact.batch)[start..];
        let mask = mask.map(|mask| &mask.frame(frame as u32 % mask.fact.batch)[start..]);
        for (k, out) in out[columns].iter_mut().enumerate() {
            let m = mask.map_or(1.0, |mask| mask[k]);
            let mixed: Pixel = std::array::from_fn(|c| m * source[k][c] + (1.0 - m) * out[c]);
            *out = if opaque { [mixed[0], mixed[1], mixed[2], 1.0] } else { mixed };
        }
    });
    Image::new(fact, pixels)
}

/// The alpha state of [`paste`]: opaque as `bg`, else straight.
pub fn pasted_alpha(bg: Alpha) -> Alpha {
    if bg == Alpha::Opaque { Alpha::Opaque } else { Alpha::Straight }
}

/// How a matte changes another one where it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// `a*b`
    #[default]
    Multiply,
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// 1 where both are above a half.
    And,
    /// 1 where one is above a half.
    Or,
    /// 1 where one alone is above a half.
    Xor,
}

impl Overlap {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("multiply", Self::Multiply),
        ("add", Self::Add),
        ("subtract", Self::Subtract),
        ("and", Self::And),
        ("or", Self::Or),
        ("xor", Self::Xor),
    ];

    fn of(self, a: f32, b: f32) -> f32 {
        // Half to even: 0.5 is outside.
        let inside = |v: f32| v.round_ties_even() != 0.0;
        let value = |inside: bool| f32::from(u8::from(inside));
        match self {
            Self::Multiply => a * b,
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::And => value(inside(a) && inside(b)),
            Self::Or => value(inside(a) || inside(b)),
            Self::Xor => value(inside(a) != inside(b)),
        }
    }
}

/// Lets `b`, with its top left value at `at`, change `a` where it lies; all values are held to
/// 0..1. Of `b` one matte serves every one of `a`.
///
/// # Panics
/// When `b` has another batch than 1 or that of `a`: a bug of the caller.
pub fn paste_matte(a: &Matte, b: &Matte, at: (i64, i64), how: Overlap) -> Matte {
    assert!(b.fact.batch == 1 || b.fact.batch == a.fact.batch, "batches differ");
    let mut values = a.values.to_vec();
    let rows = Rows::new(a.fact.size(), b.fact.size(), at);
    values.par_chunks_mut(a.fact.width as usize).enumerate().for_each(|(row, out)| {
        let (frame, y) = (row / a.fact.height as usize, row % a.fact.height as usize);
        if let Some((start, columns)) = rows.at(y) {
            let source = &matte_frame(b, frame as u32)[start..];
            out[columns].iter_mut().zip(source).for_each(|(a, b)| *a = how.of(*a, *b));
        }
        out.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
    });
    Matte::new(a.fact, values)
}

/// Where a picture lies on another.
struct Rows {
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
    /// The first visible pixel of the picture on top.
    first: (usize, usize),
    width: usize,
}

impl Rows {
    fn new(under: (u32, u32), over: (u32, u32), (x, y): (i64, i64)) -> Self {
        let (columns, left) = visible(under.0, over.0, x);
        let (rows, top) = visible(under.1, over.1, y);
        Self { columns, rows, first: (left, top), width: over.0 as usize }
    }

    /// For a row underneath, where it begins on top and which columns are covered.
    fn at(&self, y: usize) -> Option<(usize, std::ops::Range<usize>)> {
        let seen = self.rows.contains(&y) && !self.columns.is_empty();
        seen.then(|| {
            let row = y - self.rows.start + self.first.1;
            (row * self.width + self.first.0, self.columns.clone())
        })
    }
}

fn visible(under: u32, over: u32, start: i64) -> (std::ops::Range<usize>, usize) {
    let under = i64::from(under);
    let first = start.clamp(0, under);
    let end = start.saturating_add(i64::from(over)).clamp(first, under);
    (first as usize..end as usize, (first - start).clamp(0, i64::from(over)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    fn grey(fact: ImageFact, values: &[f32]) -> Image {
        Image::new(fact, values.iter().map(|v| [*v, *v, *v, 1.0]).collect())
    }

    fn row(width: u32, batch: u32, values: &[f32]) -> Matte {
        Matte::new(MatteFact { width, height: 1, batch }, values.to_vec())
    }

    #[test]
    fn a_picture_shows_where_it_lies_and_the_mask_says() {
        let bg = grey(ImageFact::new(4, 1, Alpha::Opaque), &[0.0, 0.2, 0.4, 0.6]);
        let fg = grey(ImageFact::new(3, 1, Alpha::Opaque), &[1.0, 0.5, 0.9]);
        let reds = |image: &Image| image.pixels.iter().map(|p| p[0]).collect::<Vec<_>>();
        assert_eq!(reds(&paste(&bg, &fg, None, (2, 0))), [0.0, 0.2, 1.0, 0.5]);
        assert_eq!(reds(&paste(&bg, &fg, None, (-2, 0))), [0.9, 0.2, 0.4, 0.6]);
        assert_eq!(reds(&paste(&bg, &fg, None, (0, 1))), [0.0, 0.2, 0.4, 0.6]);
        let mask = row(3, 1, &[0.5, 0.0, 1.0]);
        let pasted = paste(&bg, &fg, Some(&mask), (1, 0));
        assert_eq!(reds(&pasted), [0.0, 0.5 * 0.2 + 0.5, 0.4, 0.9]);
        assert_eq!(pasted.fact, bg.fact);
    }

    #[test]
    fn a_short_batch_is_repeated() {
        let fact = |batch| ImageFact { batch, ..ImageFact::new(1, 1, Alpha::Opaque) };
        let bg = grey(fact(3), &[0.0; 3]);
        let pasted = paste(&bg, &grey(fact(2), &[0.25, 0.5]), None, (0, 0));
        assert_eq!(pasted.pixels.iter().map(|p| p[1]).collect::<Vec<_>>(), [0.25, 0.5, 0.25]);
    }

    #[test]
    fn alpha_is_mixed_like_a_colour_or_dropped_where_there_is_none_below() {
        let clear = Image::new(ImageFact::new(1, 1, Alpha::Straight), vec![[1.0, 0.5, 0.0, 0.0]]);
        let solid = grey(ImageFact::new(1, 1, Alpha::Opaque), &[0.0]);
        let half = row(1, 1, &[0.5]);
        assert_eq!(paste(&solid, &clear, None, (0, 0)).pixels[0], [1.0, 0.5, 0.0, 1.0]);
        assert_eq!(paste(&clear, &solid, Some(&half), (0, 0)).pixels[0], [0.5, 0.25, 0.0, 0.5]);
    }

    #[test]
    fn a_matte_changes_another_only_where_it_lies() {
        let (a, b) = (row(4, 1, &[0.2, 0.6, 0.5, 1.4]), row(2, 1, &[0.7, 0.51]));
        for (how, want) in [
            (Overlap::Multiply, [0.2, 0.6 * 0.7, 0.5 * 0.51, 1.0]),
            (Overlap::Add, [0.2, 1.0, 1.0, 1.0]),
            (Overlap::Subtract, [0.2, 0.0, 0.0, 1.0]),
            (Overlap::And, [0.2, 1.0, 0.0, 1.0]),
            (Overlap::Or, [0.2, 1.0, 1.0, 1.0]),
            (Overlap::Xor, [0.2, 0.0, 1.0, 1.0]),
        ] {
            assert_eq!(*paste_matte(&a, &b, (1, 0), how).values, want, "{how:?}");
        }
        let two = row(1, 2, &[1.0, 0.5]);
        let pasted = paste_matte(&two, &row(1, 1, &[0.5]), (0, 0), Overlap::Multiply);
        assert_eq!(*pasted.values, [0.5, 0.25]);
    }
}
