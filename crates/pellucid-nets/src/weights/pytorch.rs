//! The tensors of a PyTorch file (`.ckpt`, `.pt`, `.bin`, `.pth`), found without running anything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::StoredType;
use super::archive::members;
use super::pickle::{Id, Object, Pickle, read};
use super::safetensors::HeaderEntry;

/// Wrappers around a tensor that are taken off.
const DEEPEST: usize = 8;

/// Dictionaries that are looked into; few enough that no nesting is too deep.
const MOST_DICTIONARIES: usize = 100;

/// The tensors of a file by key; keys of nested dictionaries are joined by dots.
///
/// If there is a dictionary `state_dict`, only what is in it counts.
pub(super) fn entries(bytes: &[u8]) -> Result<BTreeMap<String, HeaderEntry>, String> {
    let members = members(bytes)?;
    let data = members.keys().find(|name| name.ends_with("/data.pkl") || *name == "data.pkl");
    let name = data.ok_or("the archive is no PyTorch file: it has no `data.pkl`")?;
    let root = &name[..name.len() - "data.pkl".len()];
    let little = |range: &Range<usize>| bytes[range.clone()].starts_with(b"little");
    if members.get(&format!("{root}byteorder")).is_some_and(|range| !little(range)) {
        return Err("the file is in big-endian byte order".to_owned());
    }
    let pickle = read(&bytes[members[name].clone()])?;
    let file = File { pickle: &pickle, members: &members, root };
    let mut found = BTreeMap::new();
    file.collect(&mut found, &mut BTreeSet::new(), "", file.state_dict())?;
    if found.is_empty() {
        return Err("there are no tensors in the file".to_owned());
    }
    Ok(found)
}

struct File<'a> {
    pickle: &'a Pickle,
    members: &'a BTreeMap<String, Range<usize>>,
    root: &'a str,
}

impl File<'_> {
    fn object(&self, id: Id) -> &Object {
        &self.pickle.objects[id]
    }

    fn text(&self, id: Id) -> Option<&str> {
        match self.object(id) {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self, id: Id) -> Option<&[Id]> {
        match self.object(id) {
            Object::List(items) => Some(items),
            _ => None,
        }
    }

    fn size(&self, id: Id) -> Option<usize> {
        match self.object(id) {
            Object::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    fn global(&self, id: Id) -> Option<&str> {
        match self.object(id) {
            Object::Global(name) => Some(name),
            _ => None,
        }
    }

    fn state_dict(&self) -> Id {
        let Object::Dict(pairs) = self.object(self.pickle.root) else { return self.pickle.root };
        let found = pairs.iter().find(|(key, _)| self.text(*key) == Some("state_dict"));
        found.map_or(self.pickle.root, |(_, value)| *value)
    }

    fn collect(
        &self,
        found: &mut BTreeMap<String, HeaderEntry>,
        seen: &mut BTreeSet<Id>,
        prefix: &str,
        id: Id,
    ) -> Result<(), String> {
        let Object::Dict(pairs) = self.object(id) else { return Ok(()) };
        // A dictionary may hold itself, or another one very often.
        if !seen.insert(id) || seen.len() > MOST_DICTIONARIES {
            return Ok(());
        }
        for (key, value) in pairs {
            let Some(key) = self.text(*key) else { continue };
            let key = format!("{prefix}{key}");
            match self.object(*value) {
                Object::Dict(_) => self.collect(found, seen, &format!("{key}."), *value)?,
                Object::Call { .. } => {
                    if let Some(arguments) = self.rebuilt(*value, DEEPEST) {
                        let entry = self.tensor(arguments);
                        let entry = entry.map_err(|why| format!("`{key}`: {why}"))?;
                        found.insert(key, entry);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The arguments of the call that would have made a tensor, wrappers taken off.
    fn rebuilt(&self, id: Id, depth: usize) -> Option<&[Id]> {
        let Object::Call { function, arguments } = *self.object(id) else { return None };
        let arguments = self.list(arguments)?;
        match self.global(function)? {
            "torch._utils _rebuild_tensor_v2" => Some(arguments),
            "torch._utils _rebuild_parameter" if depth > 0 => {
                self.rebuilt(*arguments.first()?, depth - 1)
            }
            "torch._tensor _rebuild_from_type_v2" => {
                let function = self.global(*arguments.first()?)?;
                let inner = self.list(*arguments.get(2)?)?;
                (function == "torch._utils _rebuild_tensor_v2").then_some(inner)
            }
            _ => None,
        }
    }

    fn tensor(&self, arguments: &[Id]) -> Result<HeaderEntry, String> {
        let broken = || "a tensor that is not well-formed".to_owned();
        let &[storage, offset, size, stride, ..] = arguments else { return Err(broken()) };
        let Object::Persistent(storage) = *self.object(storage) else { return Err(broken()) };
        let Some(&[_, class, name, ..]) = self.list(storage) else { return Err(broken()) };
        let (Some(class), Some(name)) = (self.global(class), self.text(name)) else {
            return Err(broken());
        };
        let dtype = storage_type(class).ok_or_else(|| format!("unknown storage `{class}`"))?;
        let sizes =
            |id| -> Option<Vec<usize>> { self.list(id)?.iter().map(|&id| self.size(id)).collect() };
        let (Some(offset), Some(shape), Some(stride)) =
            (self.size(offset), sizes(size), sizes(stride))
        else {
            return Err(broken());
        };
        if !is_contiguous(&shape, &stride) {
            return Err("the tensor does not lie in one piece; convert the file".to_owned());
        }
        let member = self.members.get(&format!("{}data/{name}", self.root)).ok_or_else(broken)?;
        let bytes = place(member, dtype.size(), offset, &shape)
            .ok_or("the tensor reaches beyond its storage")?;
        Ok(HeaderEntry { dtype, shape, bytes })
    }
}

/// Where a tensor's bytes are; `None` if they are not all in the storage.
fn place(
    storage: &Range<usize>,
    size: usize,
    offset: usize,
    shape: &[usize],
) -> Option<Range<usize>> {
    let length = shape.iter().try_fold(size, |length, &n| length.checked_mul(n))?;
    let elements = shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n.max(1)))?;
    let start = storage.start.checked_add(offset.checked_mul(size)?)?;
    let end = start.checked_add(length)?;
    (end <= storage.end && elements <= 1 << 40).then_some(start..end)
}

fn is_contiguous(shape: &[usize], stride: &[usize]) -> bool {
    let mut expected = 1usize;
    shape.len() == stride.len()
        && shape.iter().zip(stride).rev().all(|(&size, &stride)| {
            let fits = size <= 1 || stride == expected;
            expected = expected.saturating_mul(size);
            fits
        })
}

fn storage_type(class: &str) -> Option<StoredType> {
    Some(match class {
        "torch FloatStorage" => StoredType::F32,
        "torch HalfStorage" => StoredType::F16,
        "torch BFloat16Storage" => StoredType::BF16,
        "torch DoubleStorage" => StoredType::F64,
        "torch LongStorage" => StoredType::I64,
        "torch IntStorage" => StoredType::I32,
        "torch ShortStorage" => StoredType::I16,
        "torch CharStorage" => StoredType::I8,
        "torch ByteStorage" => StoredType::U8,
        "torch BoolStorage" => StoredType::Bool,
        _ => return None,
    })
}
