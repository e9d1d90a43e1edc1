//! Dithering: noise of less than a code, so that gradients of 8 bits show no bands.

/// How values between two 8-bit codes are spread over both. Exact codes never move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dither {
    /// An ordered 8 x 8 pattern.
    Bayer,
    /// Triangular noise, the same for the same seed, place and channel.
    Noise {
        /// Any number.
        seed: u64,
    },
}

/// Ranks of the 8 x 8 ordered pattern.
const BAYER: [[u8; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

impl Dither {
    /// What is added to a value, in codes, before it is rounded down: 0.5 on average.
    ///
    /// Below the first code and above the last but one (`at_end`), noise has no room to reach two
    /// codes far; it stays within one there, so that the mean is still right.
    pub(super) fn threshold(self, x: u32, y: u32, channel: u32, at_end: bool) -> f32 {
        match self {
            Self::Bayer => {
                let rank = BAYER[(y & 7) as usize][(x & 7) as usize];
                f32::from(rank) / 64.0 + 1.0 / 128.0
            }
            Self::Noise { seed } => {
                let bits = hash(seed, x, y, channel);
                let unit = |bits: u64| (bits & 0xff_ffff) as f32 / 16_777_216.0;
                match at_end {
                    true => unit(bits),
                    false => unit(bits) + unit(bits >> 32) - 0.5,
                }
            }
        }
    }
}

/// A counter-based hash: two rounds of SplitMix64's finaliser.
fn hash(seed: u64, x: u32, y: u32, channel: u32) -> u64 {
    let place = (u64::from(y) << 32 | u64::from(x)) ^ (u64::from(channel) << 62);
    mix(mix(place.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ seed)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::quantise::{Finish, codes};
    use super::*;
    use crate::{Alpha, Image, ImageFact};

    const KINDS: [Dither; 2] = [Dither::Bayer, Dither::Noise { seed: 7 }];

    fn grey_codes(width: u32, height: u32, dither: Dither, v: impl Fn(u32) -> f32) -> Vec<u8> {
        let fact = ImageFact::new(width, height, Alpha::Opaque);
        let pixel = |i: u32| [v(i % width), v(i % width), v(i % width), 1.0];
        let image = Image::new(fact, (0..width * height).map(pixel).collect());
        let finish = Finish::new(&image, None, Some(dither));
        codes::<u8>(&image, &finish).chunks_exact(3).map(|p| p[0]).collect()
    }

    #[test]
    fn the_mean_of_a_constant_field_is_the_constant() {
        for dither in KINDS {
            for value in [0.3, 10.1, 127.5, 254.9] {
                let codes = grey_codes(256, 256, dither, |_| value / 255.0);
                let mean = codes.iter().map(|c| f64::from(*c)).sum::<f64>() / codes.len() as f64;
                // 0.02 codes: a Bayer rank is 1/64; 65,536 draws of triangular noise (variance
                // with rounding at most 0.5) stray by 0.003.
                assert!((mean - f64::from(value)).abs() < 0.02, "{dither:?} {value} {mean}");
            }
        }
    }

    #[test]
    fn exact_codes_do_not_move() {
        for dither in KINDS {
            for code in [0u8, 1, 127, 254, 255] {
                let codes = grey_codes(16, 16, dither, |_| f32::from(code) / 255.0);
                assert!(codes.iter().all(|c| *c == code), "{dither:?} {code}");
            }
        }
    }

    #[test]
    fn a_slow_ramp_has_no_long_bands() {
        // 4 codes over 1024 columns: undithered bands are 256 columns wide. A band is a run of
        // columns in which all 8 rows have one and the same code.
        for dither in KINDS {
            let codes = grey_codes(1024, 8, dither, |x| (100.0 + x as f32 / 256.0) / 255.0);
            let uniform = |x: usize| (1..8).all(|y| codes[y * 1024 + x] == codes[x]);
            let columns: Vec<Option<u8>> =
                (0..1024).map(|x| uniform(x).then_some(codes[x])).collect();
            let bands = columns.chunk_by(|a, b| a.is_some() && a == b);
            let longest = bands.map(<[Option<u8>]>::len).max().unwrap();
            assert!(longest <= 64, "{dither:?} {longest}");
        }
    }

    #[test]
    fn the_seed_decides() {
        let with = |seed| grey_codes(64, 64, Dither::Noise { seed }, |_| 0.3001);
        assert_eq!(with(3), with(3));
        assert_ne!(with(3), with(4));
    }
}
