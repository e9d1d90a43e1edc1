//! The eight ways a camera can be held (EXIF and TIFF tag 274).

use rayon::prelude::*;

use crate::Pixel;

/// How stored rows and columns map to shown ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orientation {
    /// Width and height change places.
    transpose: bool,
    /// Mirrored left to right, after the transposition.
    mirror: bool,
    /// Turned upside down by mirroring top to bottom, after the transposition.
    flip: bool,
}

impl Orientation {
    /// Stored as shown.
    pub(super) const UPRIGHT: Self = Self { transpose: false, mirror: false, flip: false };

    /// The meaning of the tag's value; what is not 1 to 8 counts as 1.
    pub(super) fn from_tag(value: u32) -> Self {
        let (transpose, mirror, flip) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, mirror, flip }
    }

    /// The orientation that a block of EXIF data states; upright where it states none.
    pub(super) fn from_exif(exif: &[u8]) -> Self {
        let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        exif_tag(exif).map_or(Self::UPRIGHT, Self::from_tag)
    }

    /// The size that is shown.
    pub(super) fn size<T>(self, (width, height): (T, T)) -> (T, T) {
        if self.transpose { (height, width) } else { (width, height) }
    }

    /// Bytes per pixel that [`apply`](Self::apply) needs beside its input.
    pub(super) fn bytes(self) -> u64 {
        if self == Self::UPRIGHT { 0 } else { size_of::<Pixel>() as u64 }
    }

    /// Pixels of the stored size, as they are shown.
    pub(super) fn apply(self, pixels: Vec<Pixel>, width: usize, height: usize) -> Vec<Pixel> {
        if self == Self::UPRIGHT {
            return pixels;
        }
        let (shown_width, shown_height) = self.size((width, height));
        let mut shown = vec![[0.0; 4]; pixels.len()];
        shown.par_chunks_exact_mut(shown_width).enumerate().for_each(|(y, row)| {
            let y = if self.flip { shown_height - 1 - y } else { y };
            for (x, pixel) in row.iter_mut().enumerate() {
                let x = if self.mirror { shown_width - 1 - x } else { x };
                *pixel = pixels[if self.transpose { x * width + y } else { y * width + x }];
            }
        });
        shown
    }
}

fn exif_tag(exif: &[u8]) -> Option<u32> {
    let big = match exif.get(..4)? {
        [b'I', b'I', 42, 0] => false,
        [b'M', b'M', 0, 42] => true,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = *exif.get(at..)?.first_chunk::<2>()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let u32_at = |at: usize| {
        let bytes = *exif.get(at..)?.first_chunk::<4>()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let directory = u32_at(4)? as usize;
    (0..usize::from(u16_at(directory)?))
        .map(|entry| directory + 2 + 12 * entry)
        .find(|at| u16_at(*at) == Some(274))
        .and_then(|at| u16_at(at + 8))
        .map(u32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 3 x 2 picture whose red counts stored pixels.
    fn stored() -> Vec<Pixel> {
        (0..6).map(|i| [i as f32, 0.0, 0.0, 1.0]).collect()
    }

    #[test]
    fn all_eight_orientations_follow_the_standard() {
        // The first two values of a shown picture name the stored pixels that the
        // standard ("0th row at the top", ...) puts there.
        let expected: [&[u8]; 8] = [
            &[0, 1, 2, 3, 4, 5],
            &[2, 1, 0, 5, 4, 3],
            &[5, 4, 3, 2, 1, 0],
            &[3, 4, 5, 0, 1, 2],
            &[0, 3, 1, 4, 2, 5],
            &[3, 0, 4, 1, 5, 2],
            &[5, 2, 4, 1, 3, 0],
            &[2, 5, 1, 4, 0, 3],
        ];
        for (tag, expected) in (1..).zip(expected) {
            let orientation = Orientation::from_tag(tag);
            let shown = orientation.apply(stored(), 3, 2);
            let shown: Vec<u8> = shown.iter().map(|p| p[0] as u8).collect();
            assert_eq!(shown, expected, "orientation {tag}");
            assert_eq!(orientation.size((3, 2)), if tag < 5 { (3, 2) } else { (2, 3) });
        }
    }

    #[test]
    fn the_tag_is_found_in_both_byte_orders_and_rubbish_is_upright() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        for exif in [&little[..], &big[..]] {
            assert_eq!(Orientation::from_exif(exif), Orientation::from_tag(6));
        }
        for cut in 0..little.len() - 3 {
            assert_eq!(Orientation::from_exif(&little[..cut]), Orientation::UPRIGHT);
        }
        assert_eq!(Orientation::from_tag(9), Orientation::UPRIGHT);
    }
}
