//! Named tensors of weight files: lazily read, viewed under other names, patched when taken.

mod archive;
mod error;
mod pickle;
mod pytorch;
mod safetensors;
mod stored;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

pub use error::{Problem, WeightsError};
pub use stored::StoredType;

use crate::patch::Patch;
use stored::Source;

/// Named tensors of one or more files. Cheap to clone; nothing is read before it is asked for.
///
/// A tensor is found by its key below the prefix of this view. Patches and changes of layout are
/// steps that are taken, in the order in which they were added, when the tensor is asked for.
#[derive(Clone)]
pub struct Weights {
    index: Arc<BTreeMap<String, Slot>>,
    prefix: String,
}

/// What a tensor under a new name is made of, see [`Weights::relaid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole tensor.
    Whole,
    /// Part `index` of `of` equal parts along the first axis.
    Rows {
        /// Which part, from 0.
        index: usize,
        /// The number of parts.
        of: usize,
    },
    /// The transpose of a matrix.
    Transposed,
}

#[derive(Clone)]
struct Slot {
    source: Arc<Source>,
    key: Arc<str>,
    steps: Vec<Step>,
    shape: Vec<usize>,
}

#[derive(Clone)]
enum Step {
    Part(Part),
    Patch(Arc<Patch>),
}

impl Weights {
    /// Opens a safetensors file, or a PyTorch file without running the pickle in it.
    ///
    /// The header is checked, no tensor is read. Which of the two it is, its first bytes say.
    /// The file is memory-mapped: it must not be truncated by somebody else while it is open.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        Ok(Self::of_source(Source::open(path)?))
    }

    /// Opens a file that is already in memory; `name` stands for the file in errors.
    pub fn from_bytes(name: &Path, bytes: Vec<u8>) -> Result<Self, WeightsError> {
        Ok(Self::of_source(Source::from_bytes(name, bytes)?))
    }

    /// Weights from tensors in memory.
    pub fn from_tensors(tensors: BTreeMap<String, Tensor>) -> Self {
        Self::of_source(Source::from_tensors(tensors))
    }

    /// The tensors of several files as one; where a key is in two of them the later file wins.
    pub fn join(parts: impl IntoIterator<Item = Weights>) -> Self {
        let mut index = BTreeMap::new();
        for part in parts {
            index.extend(part.slots().map(|(key, slot)| (key.to_owned(), slot.clone())));
        }
        Self { index: Arc::new(index), prefix: String::new() }
    }

    /// The keys of this view, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.slots().map(|(key, _)| key)
    }

    /// Whether this view has a tensor of that name.
    pub fn has(&self, key: &str) -> bool {
        self.slot(key).is_some()
    }

    /// The shape that [`Weights::tensor`] will give, patches included.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        self.slot(key).map(|slot| slot.shape.as_slice())
    }

    /// The element type of the file, before any patch.
    pub fn dtype(&self, key: &str) -> Option<StoredType> {
        let slot = self.slot(key)?;
        slot.source.dtype(&slot.key)
    }

    /// The type of half precision that a tensor is stored in and will be read in; `None` if it is stored in
    /// another type or if a patch changes it, since patches compute in f32.
    pub fn short(&self, key: &str) -> Option<DType> {
        let slot = self.slot(key)?;
        if slot.steps.iter().any(|step| matches!(step, Step::Patch(_))) {
            return None;
        }
        match slot.source.dtype(&slot.key)? {
            StoredType::F16 => Some(DType::F16),
            StoredType::BF16 => Some(DType::BF16),
            _ => None,
        }
    }

    /// The free-text metadata of the first file of this view.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let first = self.slots().next();
        first.map(|(_, slot)| slot.source.metadata().clone()).unwrap_or_default()
    }

    /// The keys below `prefix`, a path segment or several; the dot between them is implied.
    pub fn under(&self, prefix: &str) -> Self {
        let mut whole = format!("{}{prefix}", self.prefix);
        if !prefix.is_empty() && !prefix.ends_with('.') {
            whole.push('.');
        }
        Self { index: self.index.clone(), prefix: whole }
    }

    /// Reads a tensor, applies its patches and converts it to `dtype` on `device`.
    ///
    /// `shape` is what the network expects; ones at the end do not count, so a 1 by 1 convolution
    /// and a linear layer can read each other's weights. Arithmetic of patches is in f32.
    pub fn tensor(
        &self,
        key: &str,
        shape: &[usize],
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor, WeightsError> {
        let slot = self.find(key)?;
        if trimmed(&slot.shape) != trimmed(shape) {
            let problem = Problem::Shape { expected: shape.to_vec(), found: slot.shape.clone() };
            return Err(self.error(slot, key, problem));
        }
        let read = || -> Result<Tensor, Problem> {
            let tensor = slot.read()?;
            Ok(tensor.reshape(shape)?.to_dtype(dtype)?.to_device(device)?)
        };
        read().map_err(|problem| self.error(slot, key, problem))
    }

    /// Reads a tensor in f32 on the CPU in the shape it has.
    pub fn plain(&self, key: &str) -> Result<Tensor, WeightsError> {
        let shape = self.find(key)?.shape.clone();
        self.tensor(key, &shape, DType::F32, &Device::Cpu)
    }

    /// The keys of tensors that hold a NaN or an infinity; reads every floating-point tensor.
    pub fn non_finite(&self) -> Result<Vec<String>, WeightsError> {
        let mut found = Vec::new();
        for (key, slot) in self.slots() {
            if slot.source.dtype(&slot.key).is_some_and(StoredType::is_float) {
                let sum = || -> Result<bool, Problem> {
                    let values = slot.read()?.to_dtype(DType::F32)?.flatten_all()?;
                    Ok(values.to_vec1::<f32>()?.iter().all(|v| v.is_finite()))
                };
                if !sum().map_err(|problem| self.error(slot, key, problem))? {
                    found.push(format!("{}{key}", self.prefix));
                }
            }
        }
        Ok(found)
    }

    /// Refuses whole numbers under any of these keys: quantised files need factors that are not
    /// known here, and would load as noise. Nothing is read.
    pub fn require_floats<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k String>,
    ) -> Result<(), WeightsError> {
        for key in keys {
            if let Some(dtype) = self.dtype(key).filter(|dtype| !dtype.is_float()) {
                return Err(self.problem(key, Problem::WholeNumbers(dtype)));
            }
        }
        Ok(())
    }

    /// The same tensors under other names; `None` leaves a tensor out.
    pub fn renamed(&self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let named = self.slots().filter_map(|(key, slot)| Some((rename(key)?, slot.clone())));
        Self { index: Arc::new(named.collect()), prefix: String::new() }
    }

    /// The same numbers in another layout: for each key, the names made from it and from what part.
    ///
    /// A part that does not fit (rows that do not divide, the transpose of a non-matrix) is an error.
    pub fn relaid(
        &self,
        layout: impl Fn(&str) -> Vec<(String, Part)>,
    ) -> Result<Self, WeightsError> {
        let mut index = BTreeMap::new();
        for (key, slot) in self.slots() {
            for (name, part) in layout(key) {
                let shape = part
                    .shape_of(&slot.shape)
                    .ok_or_else(|| self.error(slot, key, Problem::Part(part)))?;
                let mut made = Slot { shape, ..slot.clone() };
                if part != Part::Whole {
                    made.steps.push(Step::Part(part));
                }
                index.insert(name, made);
            }
        }
        Ok(Self { index: Arc::new(index), prefix: String::new() })
    }

    /// The same weights with patches added after those they have already, keys below this view.
    ///
    /// A patch for a key that is not there, or that does not fit its shape, is an error.
    pub fn with_patches(
        &self,
        patches: impl IntoIterator<Item = (String, Arc<Patch>)>,
    ) -> Result<Self, WeightsError> {
        let mut index = (*self.index).clone();
        for (key, patch) in patches {
            let Some(slot) = index.get_mut(&format!("{}{key}", self.prefix)) else {
                return Err(self.missing(&key));
            };
            match patch.shape_of(&slot.shape) {
                Ok(shape) => slot.shape = shape,
                Err(problem) => return Err(self.error(&slot.clone(), &key, problem)),
            }
            slot.steps.push(Step::Patch(patch));
        }
        Ok(Self { index: Arc::new(index), prefix: self.prefix.clone() })
    }

    fn of_source(source: Source) -> Self {
        let source = Arc::new(source);
        let slot = |key: &str, shape: &[usize]| Slot {
            source: source.clone(),
            key: key.into(),
            steps: Vec::new(),
            shape: shape.to_vec(),
        };
        let index = source.shapes().map(|(key, shape)| (key.to_owned(), slot(key, shape)));
        Self { index: Arc::new(index.collect()), prefix: String::new() }
    }

    fn slots(&self) -> impl Iterator<Item = (&str, &Slot)> {
        self.index
            .range::<str, _>((Bound::Included(self.prefix.as_str()), Bound::Unbounded))
            .map_while(|(key, slot)| Some((key.strip_prefix(&self.prefix)?, slot)))
    }

    fn slot(&self, key: &str) -> Option<&Slot> {
        self.index.get(&format!("{}{key}", self.prefix))
    }

    fn find(&self, key: &str) -> Result<&Slot, WeightsError> {
        self.slot(key).ok_or_else(|| self.missing(key))
    }

    /// An error about a tensor of this view.
    pub(crate) fn problem(&self, key: &str, problem: Problem) -> WeightsError {
        match self.slot(key).or_else(|| self.index.values().next()) {
            Some(slot) => self.error(slot, key, problem),
            None => WeightsError::new(None, Some(format!("{}{key}", self.prefix)), problem),
        }
    }

    fn missing(&self, key: &str) -> WeightsError {
        let file = self.index.values().next().and_then(|slot| slot.source.file());
        WeightsError::new(file, Some(format!("{}{key}", self.prefix)), Problem::Missing)
    }

    fn error(&self, slot: &Slot, key: &str, problem: Problem) -> WeightsError {
        WeightsError::new(slot.source.file(), Some(format!("{}{key}", self.prefix)), problem)
    }
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tensors below `{}`", self.keys().count(), self.prefix)
    }
}

impl Slot {
    fn read(&self) -> Result<Tensor, Problem> {
        let mut tensor = self.source.read(&self.key)?;
        for step in &self.steps {
            tensor = match step {
                Step::Part(part) => part.take(&tensor)?,
                Step::Patch(patch) => patch.apply(&tensor.to_dtype(DType::F32)?)?,
            };
        }
        Ok(tensor)
    }
}

impl Part {
    fn shape_of(self, shape: &[usize]) -> Option<Vec<usize>> {
        match (self, shape) {
            (Self::Whole, _) => Some(shape.to_vec()),
            (Self::Rows { index, of }, [rows, rest @ ..]) if index < of && rows % of == 0 => {
                Some([&[rows / of], rest].concat())
            }
            (Self::Transposed, [rows, columns]) => Some(vec![*columns, *rows]),
            _ => None,
        }
    }

    fn take(self, tensor: &Tensor) -> Result<Tensor, Problem> {
        Ok(match self {
            Self::Whole => tensor.clone(),
            Self::Rows { index, of } => {
                let rows = tensor.dim(0)? / of;
                tensor.narrow(0, index * rows, rows)?.contiguous()?
            }
            Self::Transposed => tensor.t()?.contiguous()?,
        })
    }
}

fn trimmed(shape: &[usize]) -> &[usize] {
    let kept = shape.iter().rposition(|&n| n != 1).map_or(0, |last| last + 1);
    &shape[..kept]
}
