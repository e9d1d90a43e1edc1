//! Row filters of PNG (section 9 of its specification), chosen by the least sum of magnitudes.

/// Writes the filter's number and the filtered row. `step` is the bytes of a pixel; the row above
/// the first is all zeros. The choice is that of the `png` crate, to the byte.
pub(super) fn filter_row(step: usize, above: &[u8], row: &[u8], out: &mut [u8]) {
    let Some((number, out)) = out.split_first_mut() else { return };
    let mut least = u64::MAX;
    for filter in [Filter::Up, Filter::Sub, Filter::Average, Filter::Paeth] {
        filter.apply(step, above, row, out);
        let cost = magnitude(out);
        if cost <= least {
            (least, *number) = (cost, filter as u8);
        }
        if cost == 0 {
            return;
        }
    }
    for filter in [Filter::Up, Filter::Sub, Filter::Average] {
        if *number == filter as u8 {
            filter.apply(step, above, row, out);
        }
    }
}

#[derive(Clone, Copy)]
enum Filter {
    Sub = 1,
    Up = 2,
    Average = 3,
    Paeth = 4,
}

impl Filter {
    fn apply(self, step: usize, above: &[u8], row: &[u8], out: &mut [u8]) {
        let step = step.min(row.len());
        // The first pixel has nothing to its left.
        for i in 0..step {
            out[i] = row[i].wrapping_sub(match self {
                Self::Sub => 0,
                Self::Up | Self::Paeth => above[i],
                Self::Average => above[i] / 2,
            });
        }
        let (out, right) = (&mut out[step..], &row[step..]);
        let (left, corner) = (&row[..right.len()], &above[..right.len()]);
        let top = &above[step..];
        match self {
            Self::Sub => each(out, right, left, top, corner, |left, _, _| left),
            Self::Up => each(out, right, left, top, corner, |_, top, _| top),
            Self::Average => each(out, right, left, top, corner, |left, top, _| {
                // Half the sum, rounded down, without leaving 8 bits.
                (left & top) + ((left ^ top) >> 1)
            }),
            Self::Paeth => each(out, right, left, top, corner, paeth),
        }
    }
}

#[inline(always)]
fn each(
    out: &mut [u8],
    row: &[u8],
    left: &[u8],
    top: &[u8],
    corner: &[u8],
    guess: impl Fn(u8, u8, u8) -> u8,
) {
    let guesses =
        left.iter().zip(top).zip(corner).map(|((left, top), corner)| guess(*left, *top, *corner));
    for ((out, value), guess) in out.iter_mut().zip(row).zip(guesses) {
        *out = value.wrapping_sub(guess);
    }
}

/// Whichever of left, top and corner is nearest to left + top - corner; the earlier if two are.
#[inline(always)]
fn paeth(left: u8, top: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, top, corner].map(i16::from);
    let (from_left, from_top) = ((b - c).abs(), (a - c).abs());
    let from_corner = (a + b - 2 * c).abs();
    let nearer = if from_top < from_left { top } else { left };
    if from_corner < from_left.min(from_top) { corner } else { nearer }
}

/// The sum of bytes taken as signed numbers without their signs.
fn magnitude(bytes: &[u8]) -> u64 {
    let of_chunk = |chunk: &[u8]| {
        // 32 times 128 fits.
        u64::from(chunk.iter().map(|b| u16::from((*b as i8).unsigned_abs())).sum::<u16>())
    };
    let (chunks, rest) = bytes.as_chunks::<32>();
    chunks.iter().map(|chunk| of_chunk(chunk)).sum::<u64>() + of_chunk(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paeth_takes_the_nearest_and_the_earlier_of_equals() {
        for (left, top, corner, nearest) in
            [(10, 20, 10, 20), (20, 10, 10, 20), (7, 7, 7, 7), (0, 255, 128, 128), (10, 30, 20, 20)]
        {
            assert_eq!(paeth(left, top, corner), nearest, "{left} {top} {corner}");
        }
        // Left and top are equally near.
        assert_eq!(paeth(4, 4, 0), 4);
        assert_eq!(paeth(1, 3, 5), 1);
    }

    #[test]
    fn rows_narrower_than_a_pixel_and_constant_rows_are_filtered() {
        let mut out = [9; 4];
        filter_row(3, &[1, 2, 3], &[1, 2, 3], &mut out);
        assert_eq!(out, [2, 0, 0, 0]);
        let mut out = [9; 7];
        filter_row(3, &[0; 6], &[5, 6, 7, 5, 6, 7], &mut out);
        assert_eq!(out, [4, 5, 6, 7, 0, 0, 0]);
    }
}
