//! Median filter.
//!
//! A frame is cut into blocks. The values of a block and its surroundings are sorted once, so
//! that a window becomes a set of ranks: one bit per pixel. A window that moves by one column
//! flips a few bits, and the median is the middle bit set. The result is exact for any values.

use rayon::prelude::*;

use crate::raster::{Raster, image_frames, matte_frames, mixable};
use crate::{Alpha, Edge, Image, Matte};

/// The largest radius, in pixels; larger ones count as this.
pub const LARGEST_RADIUS: u32 = 64;

/// The middle value of every square of `2 * radius + 1` pixels a side, channel by channel.
///
/// Outside counts as the nearest pixel. Works on premultiplied values and returns them, or an
/// opaque image as opaque; radius 0 returns the image as it is.
pub fn median(image: &Image, radius: u32) -> Image {
    if radius == 0 {
        return image.clone();
    }
    let source = mixable(image);
    let channels = if source.fact.alpha == Alpha::Opaque { 3 } else { 4 };
    image_frames(&source, source.fact, |frame, out| {
        filter(frame, radius, channels, out);
        if channels == 3 {
            out.iter_mut().for_each(|pixel| pixel[3] = 1.0);
        }
    })
}

/// The middle value of every square, by the rules of [`median`].
pub fn median_matte(matte: &Matte, radius: u32) -> Matte {
    if radius == 0 {
        return matte.clone();
    }
    matte_frames(matte, matte.fact, |frame, out| filter(frame, radius, 1, out))
}

fn filter<const C: usize>(
    frame: Raster<'_, C>,
    radius: u32,
    channels: usize,
    out: &mut [[f32; C]],
) {
    let radius = radius.min(LARGEST_RADIUS) as usize;
    // Wide enough that what is sorted is mostly the block itself.
    let side = 48 + 2 * radius;
    out.par_chunks_mut(side * frame.width).enumerate().for_each_init(
        Window::default,
        |window, (band, out)| {
            let rows = out.len() / frame.width;
            for left in (0..frame.width).step_by(side) {
                let columns = side.min(frame.width - left);
                let block = Block { left, top: band * side, columns, rows, radius };
                (0..channels).for_each(|channel| {
                    window.load(frame, block, channel);
                    block.medians(window, |x, y, value| {
                        out[y * frame.width + left + x][channel] = value;
                    });
                });
            }
        },
    );
}

/// A part of the output.
#[derive(Clone, Copy)]
struct Block {
    left: usize,
    top: usize,
    columns: usize,
    rows: usize,
    radius: usize,
}

impl Block {
    /// Columns of the block and its surroundings.
    fn stride(&self) -> usize {
        self.columns + 2 * self.radius
    }

    /// Visits the window of every pixel on a path that turns at the ends of rows.
    fn medians(&self, window: &mut Window, mut put: impl FnMut(usize, usize, f32)) {
        let (stride, side) = (self.stride(), 2 * self.radius + 1);
        let row = |x: usize, y: usize| (y * stride + x, 1);
        let column = |x: usize, y: usize| (y * stride + x, stride);
        (0..side).for_each(|y| window.flip::<true>(row(0, y), side));
        for y in 0..self.rows {
            if y > 0 {
                let x = if y % 2 == 1 { self.columns - 1 } else { 0 };
                window.flip::<false>(row(x, y - 1), side);
                window.flip::<true>(row(x, y - 1 + side), side);
            }
            for step in 0..self.columns {
                let x = if y % 2 == 0 { step } else { self.columns - 1 - step };
                if step > 0 {
                    let (gone, new) =
                        if y % 2 == 0 { (x - 1, x + side - 1) } else { (x + side, x) };
                    window.flip::<false>(column(gone, y), side);
                    window.flip::<true>(column(new, y), side);
                }
                put(x, y, window.value_at(side * side / 2));
            }
        }
    }
}

/// A set of pixels of one block, by rank.
#[derive(Default)]
struct Window {
    /// Ranks and positions while sorting: the ordered bits of the value, then the position.
    keys: Vec<u64>,
    /// The rank of every position.
    ranks: Vec<u32>,
    /// The value of every rank.
    values: Vec<f32>,
    /// One bit per rank.
    bits: Vec<u64>,
    /// A word of `bits`, and how many bits are set below it.
    word: usize,
    below: usize,
}

impl Window {
    /// Sorts a block with its surroundings and empties the set.
    fn load<const C: usize>(&mut self, frame: Raster<'_, C>, block: Block, channel: usize) {
        let radius = block.radius as i64;
        let position = |start: usize, i: usize, len: usize| {
            let inside = Edge::Clamp.index((start + i) as i64 - radius, len);
            inside.expect("a clamped index always exists")
        };
        let columns: Vec<usize> =
            (0..block.stride()).map(|x| position(block.left, x, frame.width)).collect();
        self.keys.clear();
        for y in 0..block.rows + 2 * block.radius {
            let row = frame.row(position(block.top, y, frame.height));
            for x in &columns {
                let key = u64::from(ordered(row[*x][channel]));
                self.keys.push(key << 32 | self.keys.len() as u64);
            }
        }
        self.keys.sort_unstable();
        self.ranks.resize(self.keys.len(), 0);
        self.values.clear();
        for (rank, key) in self.keys.iter().enumerate() {
            self.ranks[*key as u32 as usize] = rank as u32;
            self.values.push(unordered((key >> 32) as u32));
        }
        self.bits.clear();
        self.bits.resize(self.keys.len().div_ceil(64), 0);
        (self.word, self.below) = (self.bits.len() / 2, 0);
    }

    /// Adds or removes `count` positions from `start` on, `step` apart.
    fn flip<const ADD: bool>(&mut self, (start, step): (usize, usize), count: usize) {
        let mut below = 0;
        for rank in self.ranks[start..].iter().step_by(step).take(count) {
            let word = (rank / 64) as usize;
            self.bits[word] ^= 1 << (rank % 64);
            below += usize::from(word < self.word);
        }
        self.below = if ADD { self.below + below } else { self.below - below };
    }

    /// The value with `index` smaller ones in the set, which must hold more than `index`.
    fn value_at(&mut self, index: usize) -> f32 {
        while self.below > index {
            self.word -= 1;
            self.below -= self.bits[self.word].count_ones() as usize;
        }
        loop {
            let here = self.bits[self.word].count_ones() as usize;
            if self.below + here > index {
                break;
            }
            self.below += here;
            self.word += 1;
        }
        let bit = nth_set(self.bits[self.word], index - self.below);
        self.values[self.word * 64 + bit]
    }
}

/// The place of the set bit with `n` set bits below it.
fn nth_set(word: u64, n: usize) -> usize {
    let (mut word, mut n, mut place) = (word, n as u32, 0);
    for half in [32, 16, 8, 4, 2, 1] {
        let low = (word & ((1 << half) - 1)).count_ones();
        if n >= low {
            n -= low;
            word >>= half;
            place += half;
        }
    }
    place
}

/// Bits that compare as unsigned integers as the floats do.
fn ordered(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn unordered(bits: u32) -> f32 {
    f32::from_bits(if bits >> 31 == 1 { bits & !(1 << 31) } else { !bits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_window() {
        let (width, height) = (130, 57);
        let noise = |i: usize| ((i * 2_654_435_761) % 1009) as f32 / 500.0 - 1.0;
        let fact = MatteFact::new(width as u32, height as u32);
        let matte = Matte::new(fact, (0..width * height).map(noise).collect());
        for radius in [1, 2, 5, 10] {
            let filtered = median_matte(&matte, radius as u32);
            for (x, y) in [(0, 0), (1, 3), (67, 30), (68, 56), (129, 56), (100, 20), (50, 55)] {
                let inside = |v: i64, n: usize| v.clamp(0, n as i64 - 1) as usize;
                let mut window = Vec::new();
                for dy in -radius..=radius {
                    for dx in -radius..=radius {
                        let (x, y) = (inside(x + dx, width), inside(y + dy, height));
                        window.push(matte.values[y * width + x]);
                    }
                }
                window.sort_by(f32::total_cmp);
                let value = filtered.values[y as usize * width + x as usize];
                assert_eq!(value, window[window.len() / 2], "radius {radius} at {x}, {y}");
            }
        }
    }

    #[test]
    fn the_nth_set_bit_is_found() {
        let word = 0x8000_0401_0000_0003;
        assert_eq!([0, 1, 2, 3, 4].map(|n| nth_set(word, n)), [0, 1, 32, 42, 63]);
    }
}
