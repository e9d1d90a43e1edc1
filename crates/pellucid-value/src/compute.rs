//! Where networks are computed, and in what numbers.

use std::fmt;

/// Where networks are computed, and in what numbers: what may change the bits of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Compute {
    /// The device.
    pub device: Device,
    /// The numbers that features are held in.
    pub precision: Precision,
}

/// A device that networks are computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// The processor: the reference.
    #[default]
    Cpu,
    /// An NVIDIA card, by number.
    Cuda(usize),
    /// An Apple graphics processor.
    Metal,
}

/// A type of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// 32 bits: the reference.
    #[default]
    F32,
    /// 16 bits with the range of 32.
    Bf16,
    /// 16 bits.
    F16,
}

impl fmt::Display for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.device {
            Device::Cpu => write!(f, "cpu")?,
            Device::Cuda(index) => write!(f, "cuda:{index}")?,
            Device::Metal => write!(f, "metal")?,
        }
        let precision = match self.precision {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::F16 => "f16",
        };
        write!(f, " {precision}")
    }
}
