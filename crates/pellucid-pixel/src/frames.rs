//! What functions of whole frames share: how two batches meet, and sums that do not depend on
//! the number of threads.

use std::fmt;

use rayon::prelude::*;

use crate::{Image, ImageFact, Matte, Pixel};

/// Width, height and batch.
pub type Shape = [u32; 3];

/// Two pictures that must have one size and one batch (or a batch of 1) do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Width, height and batch of the first.
    pub first: Shape,
    /// Width, height and batch of the second.
    pub second: Shape,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [w, h, n] = self.first;
        let [v, k, m] = self.second;
        if (w, h) == (v, k) {
            write!(f, "batches of {n} and {m} do not meet; give equal batches, or 1 of one side")
        } else {
            write!(f, "{w}x{h} and {v}x{k} are different sizes; resize or crop one of them")
        }
    }
}

impl std::error::Error for Mismatch {}

pub(crate) fn image_shape(image: &Image) -> Shape {
    [image.fact.width, image.fact.height, image.fact.batch]
}

pub(crate) fn matte_shape(matte: &Matte) -> Shape {
    [matte.fact.width, matte.fact.height, matte.fact.batch]
}

/// The batch of a result made from two sources; a batch of 1 is repeated.
pub(crate) fn meeting_batch(first: Shape, second: Shape) -> Result<u32, Mismatch> {
    let ([w, h, n], [v, k, m]) = (first, second);
    if (w, h) == (v, k) && (n == m || n == 1 || m == 1) {
        Ok(n.max(m))
    } else {
        Err(Mismatch { first, second })
    }
}

/// Frame `index` of a result's batch, in a source whose batch is that or 1.
pub(crate) fn image_frame(image: &Image, index: u32) -> &[Pixel] {
    image.frame(index.min(image.fact.batch - 1))
}

/// Frame `index` of a result's batch, in a source whose batch is that or 1.
pub(crate) fn matte_frame(matte: &Matte, index: u32) -> &[f32] {
    matte.frame(index.min(matte.fact.batch - 1))
}

/// Replaces every frame on its own, under a new fact of the same size and batch.
pub(crate) fn map_frames(
    image: &Image,
    fact: ImageFact,
    f: impl Fn(&[Pixel]) -> Vec<Pixel>,
) -> Image {
    let mut pixels = Vec::with_capacity(fact.len());
    for frame in image.frames() {
        pixels.append(&mut f(frame));
    }
    Image::new(fact, pixels)
}

/// Computes `len` values in parallel.
pub(crate) fn build<T: Send>(len: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..len).into_par_iter().with_min_len(4096).map(f).collect()
}

/// Sums `N` terms over `len` pixels in rows of `width`: rows in parallel, added in order.
pub(crate) fn sum_rows<const N: usize>(
    width: u32,
    len: usize,
    term: impl Fn(usize) -> [f64; N] + Sync,
) -> [f64; N] {
    let width = width as usize;
    let rows: Vec<[f64; N]> = (0..len / width)
        .into_par_iter()
        .with_min_len(8)
        .map(|y| (y * width..(y + 1) * width).fold([0.0; N], |sum, i| added(sum, term(i))))
        .collect();
    rows.into_iter().fold([0.0; N], added)
}

fn added<const N: usize>(mut sum: [f64; N], term: [f64; N]) -> [f64; N] {
    for (s, t) in sum.iter_mut().zip(term) {
        *s += t;
    }
    sum
}
