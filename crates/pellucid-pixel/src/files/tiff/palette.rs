//! TIFF pages whose samples are indices into a colour map.

use super::super::samples::Sample;
use crate::Pixel;

/// The colours of a map: all reds, all greens, all blues. Maps of 8-bit values are known by having
/// no larger one.
pub(super) fn colours(map: &[u32], bits: u32) -> Option<Vec<Pixel>> {
    let count = 1usize << bits;
    if map.len() < 3 * count {
        return None;
    }
    let narrow = map.iter().all(|v| *v < 256);
    let unit = |v: u32| if narrow { (v as u8).unit() } else { (v as u16).unit() };
    Some(
        (0..count)
            .map(|i| [unit(map[i]), unit(map[i + count]), unit(map[i + 2 * count]), 1.0])
            .collect(),
    )
}

/// Samples of fewer than 8 bits, rows padded to bytes, to one byte each.
pub(super) fn unpack(packed: &[u8], bits: u32, width: usize) -> Vec<u8> {
    let per_byte = 8 / bits as usize;
    let mask = ((1u16 << bits) - 1) as u8;
    packed
        .chunks(width.div_ceil(per_byte))
        .flat_map(|row| {
            let sample = move |x: usize| {
                let shift = 8 - bits * (x % per_byte + 1) as u32;
                (row[x / per_byte] >> shift) & mask
            };
            (0..width.min(row.len() * per_byte)).map(sample)
        })
        .collect()
}

/// The same file with its first page declared to be grey. The decoder reads indices only as grey
/// samples.
pub(super) fn declared_grey(file: &[u8], colour_kind: u64) -> Vec<u8> {
    const GREY: u8 = 1;
    let mut grey = file.to_vec();
    grey[colour_kind as usize] = GREY;
    grey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_packed_samples_end_at_bytes() {
        assert_eq!(unpack(&[0b1010_0000, 0b0110_0000], 1, 3), [1, 0, 1, 0, 1, 1]);
        assert_eq!(unpack(&[0x12, 0x30, 0x45, 0x60], 4, 3), [1, 2, 3, 4, 5, 6]);
        assert_eq!(unpack(&[0b00_01_10_11], 2, 4), [0, 1, 2, 3]);
    }

    #[test]
    fn maps_of_eight_and_sixteen_bits_are_told_apart() {
        let wide = [0, 65_535, 65_535, 0, 32_768, 0];
        assert_eq!(colours(&wide, 1).unwrap()[1], [1.0, 0.0, 0.0, 1.0]);
        let narrow = [0, 255, 255, 0, 128, 0];
        assert_eq!(colours(&narrow, 1).unwrap()[0], [0.0, 1.0, 128.0 / 255.0, 1.0]);
        assert_eq!(colours(&narrow, 2), None);
    }
}
