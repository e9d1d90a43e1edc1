//! Numbers as they are stored: f32, or the two short formats weights come in.

use half::{bf16, f16};

/// A stored number that becomes an f32 without rounding.
pub(crate) trait Stored: Copy + Send + Sync {
    fn widen(self) -> f32;
}

impl Stored for f32 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
}

// Without a branch or a call, so that loops over them become vector instructions.
impl Stored for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        let bits = u32::from(self.to_bits());
        let magnitude = (bits & 0x7fff) << 13;
        // Taken as an f32, its exponent is too small by the difference of the two biases.
        let scaled = f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23);
        let endless = if magnitude >= 0x7c00 << 13 { 0xff << 23 } else { 0 };
        f32::from_bits(scaled.to_bits() | endless | ((bits & 0x8000) << 16))
    }
}

impl Stored for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
}

/// Borrowed numbers of any stored type.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Half precision.
    F16(&'a [f16]),
    /// The upper half of single precision.
    Bf16(&'a [bf16]),
}

impl Numbers<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::Bf16(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Runs a body with the slice inside [`Numbers`], whatever its type.
macro_rules! with_numbers {
    ($numbers:expr, $values:ident => $body:expr) => {
        match $numbers {
            $crate::numbers::Numbers::F32($values) => $body,
            $crate::numbers::Numbers::F16($values) => $body,
            $crate::numbers::Numbers::Bf16($values) => $body,
        }
    };
}
pub(crate) use with_numbers;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_number_is_widened_as_it_should() {
        for bits in 0..=u16::MAX {
            for (wide, wanted) in [
                (f16::from_bits(bits).widen(), f16::from_bits(bits).to_f32()),
                (bf16::from_bits(bits).widen(), bf16::from_bits(bits).to_f32()),
            ] {
                let same = wide.to_bits() == wanted.to_bits();
                assert!(same || wide.is_nan() && wanted.is_nan(), "{bits:#x}: {wide}, {wanted}");
            }
        }
    }
}
