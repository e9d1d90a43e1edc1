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

/// Same page, declared to be grey: where the directory's colour kind is "palette", the bytes that
/// say so. The decoder reads indices only as grey samples.
pub(super) fn declared_grey(bytes: &[u8]) -> Option<Vec<u8>> {
    const COLOUR_KIND: u64 = 262;
    const GREY: u8 = 1;
    let big = match bytes.get(..4)? {
        [b'I', b'I', ..] => false,
        [b'M', b'M', ..] => true,
        _ => return None,
    };
    let number = |at: usize, len: usize| -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(len)?)?;
        let shifted = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(match big {
            true => bytes.iter().fold(0, shifted),
            false => bytes.iter().rev().fold(0, shifted),
        })
    };
    // Sizes of an offset, of the count of entries, of an entry, and of what precedes its value.
    let (offset, offset_len, count_len, entry_len, value_at) = match number(2, 2)? {
        42 => (4, 4, 2, 12, 8),
        _ => (8, 8, 8, 20, 12),
    };
    let directory = usize::try_from(number(offset, offset_len)?).ok()?;
    let entries = number(directory, count_len)?.min(1 << 16) as usize;
    let entry = (0..entries)
        .map(|i| directory + count_len + i * entry_len)
        .find(|at| number(*at, 2) == Some(COLOUR_KIND))?;
    let value = entry + value_at + if big { 1 } else { 0 };
    let mut grey = bytes.to_vec();
    *grey.get_mut(value)? = GREY;
    Some(grey)
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
