//! How large a picture may be.

use super::{Fault, Header, PictureError};
use crate::Pixel;

/// Bounds that are checked against a file's header before anything is allocated for its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels along one side.
    pub max_side: u32,
    /// Pixels in one picture.
    pub max_pixels: u64,
    /// Bytes of memory for the pixels and for what the decoder keeps beside them.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_side: 65_535, max_pixels: 400_000_000, max_bytes: 10 << 30 }
    }
}

impl Limits {
    /// Refuses a picture whose header claims more than these limits, before it is decoded.
    ///
    /// # Errors
    /// With the limit it is over.
    pub fn admit(&self, header: &Header) -> Result<(), PictureError> {
        let (width, height) = (header.width.into(), header.height.into());
        self.check(width, height, 0)
            .map_err(|fault| PictureError { format: Some(header.format), fault })
    }

    /// Refuses a size, given the bytes per pixel that decoding needs beside the result.
    pub(super) fn check(&self, width: u64, height: u64, beside: u64) -> Result<(), Fault> {
        if width == 0 || height == 0 {
            return Err(Fault::NoPixels { width, height });
        }
        let too_large = |limit: String| Err(Fault::TooLarge { width, height, limit });
        if width.max(height) > u64::from(self.max_side) {
            return too_large(format!("sides up to {} pixels", self.max_side));
        }
        let pixels = width * height;
        if pixels > self.max_pixels {
            return too_large(format!("up to {} pixels", self.max_pixels));
        }
        if pixels.saturating_mul(size_of::<Pixel>() as u64 + beside) > self.max_bytes {
            return too_large(format!("up to {} MiB of memory", self.max_bytes >> 20));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_kept() {
        let limits = Limits { max_side: 100, max_pixels: 5000, max_bytes: 100_000 };
        assert_eq!(limits.check(100, 50, 4), Ok(()));
        assert!(matches!(limits.check(101, 1, 4), Err(Fault::TooLarge { .. })));
        assert!(matches!(limits.check(100, 51, 4), Err(Fault::TooLarge { .. })));
        assert!(matches!(limits.check(100, 50, 5), Err(Fault::TooLarge { .. })));
        assert!(matches!(limits.check(0, 50, 4), Err(Fault::NoPixels { .. })));
        assert!(matches!(limits.check(u64::MAX, u64::MAX, 4), Err(Fault::TooLarge { .. })));
    }
}
