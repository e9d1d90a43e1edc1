//! The list of tensors that a file is made from.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The tensors of a model file.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// The name of the manifest.
    #[serde(default)]
    pub name: String,
    /// Where the file belongs below a folder of models.
    #[serde(default)]
    pub file: String,
    /// The family of the model, `sd15` or `sdxl`.
    #[serde(default)]
    pub family: String,
    /// The element type of tensors without one of their own.
    pub dtype: Element,
    /// Text that makes the numbers of this file differ from those of another with the same names.
    pub salt: String,
    /// The safetensors file's `__metadata__`.
    #[serde(default)]
    pub file_metadata: Option<BTreeMap<String, String>>,
    /// The tensors by key.
    pub tensors: BTreeMap<String, Entry>,
}

/// One tensor and the rule of its numbers.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// The size along each axis.
    pub shape: Vec<usize>,
    /// An element type of its own.
    #[serde(default)]
    pub dtype: Option<Element>,
    /// Half the width of the interval that numbers are drawn from.
    #[serde(default)]
    pub scale: f64,
    /// The middle of that interval.
    #[serde(default)]
    pub offset: f64,
    /// What is added on the diagonal, see the crate's rule.
    #[serde(default)]
    pub diag: Option<f64>,
    /// The name that seeds the numbers, if it is not the key.
    #[serde(default)]
    pub gen_key: Option<String>,
    /// How many numbers of the stream are left out.
    #[serde(default)]
    pub gen_start: u64,
    /// Whether the tensor is the transpose of the generated one.
    #[serde(default)]
    pub gen_transpose: bool,
    /// A fixed content instead of pseudo-random numbers.
    #[serde(default)]
    pub init: Option<Init>,
    /// The number that `const` stands for.
    #[serde(default)]
    pub value: f64,
    /// The schedule table, if it is not named by the key.
    #[serde(default)]
    pub table: Option<String>,
}

/// Fixed contents: ballast that loaders ignore.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// 0, 1, 2, ….
    Arange,
    /// The same number everywhere.
    Const,
    /// A noise-schedule table of SD1.5.
    Ddpm,
}

/// Element types of manifests.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the safetensors format")]
pub enum Element {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
}

impl Element {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 => 2,
        }
    }

    /// The name in a safetensors header.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::I64 => "I64",
            Self::I32 => "I32",
        }
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F16 | Self::BF16)
    }
}
