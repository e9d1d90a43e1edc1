//! Where tensors come from: a mapped file, bytes or tensors in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};
use memmap2::Mmap;

use super::safetensors::{Header, HeaderEntry, find_tensors};
use super::{Problem, WeightsError};

/// Element types that weight files have and that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the safetensors format")]
pub enum StoredType {
    F64,
    F32,
    F16,
    BF16,
    F8E4M3,
    F8E5M2,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
}

pub(super) struct Source {
    file: Option<PathBuf>,
    content: Content,
    metadata: BTreeMap<String, String>,
}

enum Content {
    Mapped { map: Mmap, entries: BTreeMap<String, HeaderEntry> },
    Bytes { bytes: Vec<u8>, entries: BTreeMap<String, HeaderEntry> },
    Tensors(BTreeMap<String, Tensor>),
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, WeightsError> {
        let io = |error| WeightsError::of_file(path, Problem::Io(error));
        let file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.len() == 0 {
            let problem = Problem::Truncated { needed: 8, found: 0 };
            return Err(WeightsError::of_file(path, problem));
        }
        #[expect(unsafe_code, reason = "a map is the only way not to copy gigabytes; see `open`")]
        // SAFETY: the map is read-only and private to this source; the documented condition is
        // that nobody truncates the file while it is open.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        let Header { entries, metadata } = find_tensors(path, &map)?;
        Ok(Self { file: Some(path.into()), content: Content::Mapped { map, entries }, metadata })
    }

    pub(super) fn from_bytes(name: &Path, bytes: Vec<u8>) -> Result<Self, WeightsError> {
        let Header { entries, metadata } = find_tensors(name, &bytes)?;
        Ok(Self { file: Some(name.into()), content: Content::Bytes { bytes, entries }, metadata })
    }

    pub(super) fn from_tensors(tensors: BTreeMap<String, Tensor>) -> Self {
        Self { file: None, content: Content::Tensors(tensors), metadata: BTreeMap::new() }
    }

    pub(super) fn file(&self) -> Option<PathBuf> {
        self.file.clone()
    }

    pub(super) fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    pub(super) fn shapes(&self) -> Box<dyn Iterator<Item = (&str, &[usize])> + '_> {
        match &self.content {
            Content::Mapped { entries, .. } | Content::Bytes { entries, .. } => {
                Box::new(entries.iter().map(|(key, entry)| (key.as_str(), &*entry.shape)))
            }
            Content::Tensors(tensors) => {
                Box::new(tensors.iter().map(|(key, tensor)| (key.as_str(), tensor.dims())))
            }
        }
    }

    pub(super) fn dtype(&self, key: &str) -> Option<StoredType> {
        match &self.content {
            Content::Mapped { entries, .. } | Content::Bytes { entries, .. } => {
                entries.get(key).map(|entry| entry.dtype)
            }
            Content::Tensors(tensors) => tensors.get(key).and_then(StoredType::of_tensor),
        }
    }

    pub(super) fn read(&self, key: &str) -> Result<Tensor, Problem> {
        let (bytes, entries): (&[u8], _) = match &self.content {
            Content::Tensors(tensors) => {
                return tensors.get(key).cloned().ok_or(Problem::Missing);
            }
            Content::Mapped { map, entries } => (map, entries),
            Content::Bytes { bytes, entries } => (bytes, entries),
        };
        let entry = entries.get(key).ok_or(Problem::Missing)?;
        decode(&bytes[entry.bytes.clone()], entry.dtype, &entry.shape)
    }
}

impl StoredType {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::BF16 | Self::I16 | Self::U16 => 2,
            Self::F8E4M3 | Self::F8E5M2 | Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// Whether it is a floating-point type.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32 | Self::F16 | Self::BF16 | Self::F8E4M3 | Self::F8E5M2)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "F64" => Self::F64,
            "F32" => Self::F32,
            "F16" => Self::F16,
            "BF16" => Self::BF16,
            "F8_E4M3" => Self::F8E4M3,
            "F8_E5M2" => Self::F8E5M2,
            "I64" => Self::I64,
            "I32" => Self::I32,
            "I16" => Self::I16,
            "I8" => Self::I8,
            "U64" => Self::U64,
            "U32" => Self::U32,
            "U16" => Self::U16,
            "U8" => Self::U8,
            "BOOL" => Self::Bool,
            _ => return None,
        })
    }

    fn of_tensor(tensor: &Tensor) -> Option<Self> {
        Some(match tensor.dtype() {
            DType::F64 => Self::F64,
            DType::F32 => Self::F32,
            DType::F16 => Self::F16,
            DType::BF16 => Self::BF16,
            DType::F8E4M3 => Self::F8E4M3,
            DType::I64 => Self::I64,
            DType::I32 => Self::I32,
            DType::I16 => Self::I16,
            DType::U32 => Self::U32,
            DType::U8 => Self::U8,
            _ => return None,
        })
    }
}

/// Little-endian bytes to a tensor; types that the tensor library lacks become the next wider one.
fn decode(bytes: &[u8], dtype: StoredType, shape: &[usize]) -> Result<Tensor, Problem> {
    let cpu = &Device::Cpu;
    let raw = |dtype| Tensor::from_raw_buffer(bytes, dtype, shape, cpu);
    let floats = |of: fn(u8) -> f32| {
        Tensor::from_vec(bytes.iter().map(|&b| of(b)).collect::<Vec<f32>>(), shape, cpu)
    };
    let integers = |values: Vec<i64>| Tensor::from_vec(values, shape, cpu);
    Ok(match dtype {
        StoredType::F64 => raw(DType::F64),
        StoredType::F32 => raw(DType::F32),
        StoredType::F16 => Tensor::from_vec(elements(bytes, f16::from_le_bytes), shape, cpu),
        StoredType::BF16 => Tensor::from_vec(elements(bytes, bf16::from_le_bytes), shape, cpu),
        StoredType::F8E4M3 => floats(float_of_e4m3),
        StoredType::F8E5M2 => floats(float_of_e5m2),
        StoredType::I64 => raw(DType::I64),
        StoredType::I32 => raw(DType::I32),
        StoredType::I16 => raw(DType::I16),
        StoredType::U32 => raw(DType::U32),
        StoredType::U8 | StoredType::Bool => raw(DType::U8),
        StoredType::I8 => integers(bytes.iter().map(|&b| i64::from(b.cast_signed())).collect()),
        StoredType::U16 => integers(elements(bytes, |b| i64::from(u16::from_le_bytes(b)))),
        StoredType::U64 => integers(elements(bytes, |b| u64::from_le_bytes(b).cast_signed())),
    }?)
}

fn elements<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&chunk| of(chunk)).collect()
}

/// 8-bit float, 4 exponent bits of bias 7, no infinities (OCP 8-bit formats, "E4M3").
fn float_of_e4m3(bits: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 3 & 15), f32::from(bits & 7));
    let size = match (exponent, bits & 7) {
        (15, 7) => f32::NAN,
        (0, _) => mantissa * 2f32.powi(-9),
        _ => (8.0 + mantissa) * 2f32.powi(exponent - 10),
    };
    if bits & 128 == 0 { size } else { -size }
}

/// 8-bit float, 5 exponent bits of bias 15: the upper byte of an f16 (OCP 8-bit formats, "E5M2").
fn float_of_e5m2(bits: u8) -> f32 {
    f16::from_bits(u16::from(bits) << 8).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bit_floats_have_the_values_of_the_standard() {
        // OCP 8-bit floating point specification, table 1: largest, smallest normal, smallest.
        assert_eq!(float_of_e4m3(0x7e), 448.0);
        assert_eq!(float_of_e4m3(0x08), 2f32.powi(-6));
        assert_eq!(float_of_e4m3(0x01), 2f32.powi(-9));
        assert_eq!(float_of_e4m3(0xb8), -1.0);
        assert!(float_of_e4m3(0x7f).is_nan() && float_of_e4m3(0xff).is_nan());
        assert_eq!(float_of_e5m2(0x7b), 57344.0);
        assert_eq!(float_of_e5m2(0x01), 2f32.powi(-16));
        assert_eq!(float_of_e5m2(0xbc), -1.0);
        assert!(float_of_e5m2(0x7c).is_infinite() && float_of_e5m2(0x7d).is_nan());
    }
}
