//! Flips and quarter turns: exact permutations of pixels.

use rayon::prelude::*;

use crate::raster::{Raster, image_frames, matte_frames};
use crate::{Image, ImageFact, Matte, MatteFact};

/// The direction in which a flip mirrors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Left and right are exchanged.
    #[default]
    Horizontal,
    /// Top and bottom are exchanged.
    Vertical,
    /// Both: a half turn.
    Both,
}

impl Axis {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("horizontal", Self::Horizontal), ("vertical", Self::Vertical), ("both", Self::Both)];
}

/// Mirrors an image; the alpha state stays.
pub fn flip(image: &Image, axis: Axis) -> Image {
    image_frames(image, image.fact, |frame, out| mirror(frame, axis, out))
}

/// Mirrors a matte.
pub fn flip_matte(matte: &Matte, axis: Axis) -> Matte {
    matte_frames(matte, matte.fact, |frame, out| mirror(frame, axis, out))
}

/// Turns an image clockwise by `quarters` quarter turns (negative: the other way); the alpha
/// state stays, an odd number exchanges width and height.
pub fn turn(image: &Image, quarters: i32) -> Image {
    let fact = turn_fact(&image.fact, quarters);
    match quarters.rem_euclid(4) {
        0 => image.clone(),
        2 => flip(image, Axis::Both),
        n => image_frames(image, fact, |frame, out| transpose(frame, n == 1, out)),
    }
}

/// What [`turn`] returns.
pub fn turn_fact(fact: &ImageFact, quarters: i32) -> ImageFact {
    if quarters % 2 == 0 {
        *fact
    } else {
        ImageFact { width: fact.height, height: fact.width, ..*fact }
    }
}

/// Turns a matte, by the rules of [`turn`].
pub fn turn_matte(matte: &Matte, quarters: i32) -> Matte {
    let fact = MatteFact { width: matte.fact.height, height: matte.fact.width, ..matte.fact };
    match quarters.rem_euclid(4) {
        0 => matte.clone(),
        2 => flip_matte(matte, Axis::Both),
        n => matte_frames(matte, fact, |frame, out| transpose(frame, n == 1, out)),
    }
}

fn mirror<const C: usize>(frame: Raster<'_, C>, axis: Axis, out: &mut [[f32; C]]) {
    let (across, down) = (axis != Axis::Vertical, axis != Axis::Horizontal);
    out.par_chunks_mut(frame.width).enumerate().for_each(|(y, out)| {
        out.copy_from_slice(frame.row(if down { frame.height - 1 - y } else { y }));
        if across {
            out.reverse();
        }
    });
}

/// A quarter turn: column `y` of the source becomes row `y`, from the bottom where clockwise.
fn transpose<const C: usize>(frame: Raster<'_, C>, clockwise: bool, out: &mut [[f32; C]]) {
    // Eight rows at once use what a cache line of the source brings in.
    const ROWS: usize = 8;
    out.par_chunks_mut(ROWS * frame.height).enumerate().for_each(|(block, out)| {
        for i in 0..frame.height {
            let from = frame.row(if clockwise { frame.height - 1 - i } else { i });
            for (j, row) in out.chunks_exact_mut(frame.height).enumerate() {
                let y = block * ROWS + j;
                row[i] = from[if clockwise { y } else { frame.width - 1 - y }];
            }
        }
    });
}
