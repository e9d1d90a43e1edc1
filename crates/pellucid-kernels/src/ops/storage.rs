//! Slices inside tensors.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};

use crate::Numbers;

/// Whether the operations here can take `x` as an activation: f32 in the CPU's memory.
pub fn serves(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// The f32 numbers of a contiguous tensor.
pub(super) fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match numbers(storage, layout)? {
        Numbers::F32(values) => Ok(values),
        _ => bail!("wanted f32 numbers, got {:?}", storage.dtype()),
    }
}

/// The numbers of a contiguous tensor.
pub(super) fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<Numbers<'a>> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("wanted a contiguous tensor, got strides {:?}", layout.stride())
    };
    match storage {
        CpuStorage::F32(values) => Ok(Numbers::F32(&values[start..end])),
        CpuStorage::F16(values) => Ok(Numbers::F16(&values[start..end])),
        CpuStorage::BF16(values) => Ok(Numbers::Bf16(&values[start..end])),
        _ => bail!("wanted f32, f16 or bf16 numbers, got {:?}", storage.dtype()),
    }
}

/// Calls `body` with the f32 numbers of a tensor.
pub(super) fn with_floats<T>(x: &Tensor, body: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let x = x.contiguous()?;
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => body(floats(storage, layout)?),
        _ => bail!("wanted a tensor in the CPU's memory"),
    }
}
