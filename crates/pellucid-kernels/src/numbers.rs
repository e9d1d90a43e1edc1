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

impl Stored for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
    }
}

impl Stored for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
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
