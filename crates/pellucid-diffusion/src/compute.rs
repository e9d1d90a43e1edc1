//! Where to compute, and what stays loaded.

use candle_core::{DType, Device};
use pellucid_value::{Compute, Precision, Residents};

use crate::DiffusionError;
use crate::error::unfit;

/// Where to compute, and what stays loaded between two computations.
pub struct Computing<'a> {
    /// What is loaded.
    pub residents: &'a Residents,
    /// What decides the bits of results.
    pub compute: Compute,
    /// The device.
    pub device: Device,
    /// The numbers that features are held in.
    pub dtype: DType,
}

/// Opens a device.
///
/// # Errors
/// When this build or machine does not have it.
pub fn open_device(device: pellucid_value::Device) -> Result<Device, DiffusionError> {
    Ok(match device {
        pellucid_value::Device::Cpu => Device::Cpu,
        pellucid_value::Device::Cuda(index) => Device::new_cuda(index)?,
        pellucid_value::Device::Metal => Device::new_metal(0)?,
    })
}

impl<'a> Computing<'a> {
    /// Opens the device.
    ///
    /// # Errors
    /// When this build or machine does not have it, or it cannot compute in these numbers.
    pub fn new(residents: &'a Residents, compute: Compute) -> Result<Self, DiffusionError> {
        let device = open_device(compute.device)?;
        let dtype = match compute.precision {
            Precision::F32 => DType::F32,
            Precision::Bf16 => DType::BF16,
            Precision::F16 => DType::F16,
        };
        if device.is_cpu() && dtype == DType::F16 {
            return unfit("the processor does not compute in f16; use f32 or bf16");
        }
        Ok(Self { residents, compute, device, dtype })
    }

    /// A name for a loaded thing: what it is, its recipe, and where it is computed.
    pub(crate) fn name(&self, what: &str, recipe: &dyn std::fmt::Debug) -> String {
        format!("{what} {} {recipe:?}", self.compute)
    }
}
