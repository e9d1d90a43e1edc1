//! The header of a safetensors file, read as if by an enemy.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{Problem, StoredType, WeightsError, pytorch};

/// The longest header that is read, in bytes; the format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// The longest axis of a tensor; an empty tensor could claim any, and sizes are computed with it.
const LONGEST_AXIS: u64 = 1 << 31;

/// The most elements of a tensor, empty axes counted as one.
const MOST_ELEMENTS: u64 = 1 << 40;

/// What a safetensors file holds, without the numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The tensors by key.
    pub entries: BTreeMap<String, HeaderEntry>,
    /// Free text that the writer left.
    pub metadata: BTreeMap<String, String>,
}

/// One tensor of a safetensors file.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderEntry {
    /// The element type.
    pub dtype: StoredType,
    /// The size along each axis.
    pub shape: Vec<usize>,
    /// Where the bytes are, from the start of the file.
    pub bytes: Range<usize>,
}

/// Finds the tensors of a safetensors file or, told by its first bytes, of a PyTorch file.
pub(super) fn find_tensors(path: &Path, bytes: &[u8]) -> Result<Header, WeightsError> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return parse_header(path, bytes);
    }
    let entries =
        pytorch::entries(bytes).map_err(|why| WeightsError::of_file(path, Problem::Format(why)))?;
    Ok(Header { entries, metadata: BTreeMap::new() })
}

/// Checks the header at the start of a whole file.
fn parse_header(path: &Path, bytes: &[u8]) -> Result<Header, WeightsError> {
    let length = bytes.len() as u64;
    let header = header_length(&bytes[..bytes.len().min(8)], length)
        .map_err(|problem| WeightsError::of_file(path, problem))?;
    // `header_length` has made sure that so many bytes are there.
    header_of(path, &bytes[..8 + header as usize], length)
}

fn header_length(start: &[u8], file: u64) -> Result<u64, Problem> {
    if start.starts_with(&[0x80, 0x02]) {
        let why = "a PyTorch file from before version 1.6; convert it to safetensors";
        return Err(Problem::Format(why.to_owned()));
    }
    let Ok(start) = <[u8; 8]>::try_from(start) else {
        return Err(Problem::Truncated { needed: 8, found: file });
    };
    let header = u64::from_le_bytes(start);
    if header > LONGEST_HEADER {
        return Err(Problem::HeaderTooLong(header));
    }
    if header + 8 > file {
        return Err(Problem::Truncated { needed: header + 8, found: file });
    }
    Ok(header)
}

fn header_of(path: &Path, start: &[u8], length: u64) -> Result<Header, WeightsError> {
    let problem =
        |key: Option<String>, problem| WeightsError::new(Some(path.to_owned()), key, problem);
    let text = std::str::from_utf8(&start[8..])
        .map_err(|e| problem(None, Problem::Header(e.to_string())))?;
    let raw: RawHeader =
        serde_json::from_str(text).map_err(|e| problem(None, Problem::Header(e.to_string())))?;
    let mut header = Header { metadata: raw.metadata, ..Header::default() };
    for (key, raw) in raw.entries {
        let entry =
            entry_of(&raw, start.len(), length).map_err(|p| problem(Some(key.clone()), p))?;
        if header.entries.insert(key.clone(), entry).is_some() {
            return Err(problem(Some(key), Problem::Duplicate));
        }
    }
    if let Some((key, other)) = overlap(&header.entries) {
        let why = format!("the bytes overlap those of `{other}`");
        return Err(problem(Some(key), Problem::Offsets(why)));
    }
    Ok(header)
}

fn entry_of(raw: &RawEntry, header: usize, file: u64) -> Result<HeaderEntry, Problem> {
    let dtype =
        StoredType::of_name(&raw.dtype).ok_or_else(|| Problem::ElementType(raw.dtype.clone()))?;
    let [start, end] = raw.data_offsets;
    let data = file - header as u64;
    if start > end {
        return Err(Problem::Offsets(format!("{start} to {end}")));
    }
    if end > data {
        return Err(Problem::Truncated { needed: header as u64 + end, found: file });
    }
    let size = raw
        .shape
        .iter()
        .try_fold(dtype.size() as u64, |size, &n| size.checked_mul(n))
        .filter(|&size| size == end - start);
    if size.is_none() {
        let why = format!("{} bytes for {:?} of {}", end - start, raw.shape, raw.dtype);
        return Err(Problem::Offsets(why));
    }
    let elements = raw.shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n.max(1)));
    if raw.shape.iter().any(|&axis| axis > LONGEST_AXIS)
        || elements.is_none_or(|elements| elements > MOST_ELEMENTS)
    {
        return Err(Problem::Offsets(format!("no tensor has the shape {:?}", raw.shape)));
    }
    let place = |offset: u64| usize::try_from(offset).map(|offset| header + offset);
    let too_big = |_| Problem::Offsets("beyond the address space".to_owned());
    let shape = raw.shape.iter().map(|&n| usize::try_from(n)).collect::<Result<_, _>>();
    Ok(HeaderEntry {
        dtype,
        shape: shape.map_err(too_big)?,
        bytes: place(start).map_err(too_big)?..place(end).map_err(too_big)?,
    })
}

fn overlap(entries: &BTreeMap<String, HeaderEntry>) -> Option<(String, String)> {
    let mut places: Vec<_> = entries.iter().filter(|(_, e)| !e.bytes.is_empty()).collect();
    places.sort_by_key(|(_, entry)| entry.bytes.start);
    places
        .windows(2)
        .find(|pair| pair[0].1.bytes.end > pair[1].1.bytes.start)
        .map(|pair| (pair[1].0.clone(), pair[0].0.clone()))
}

/// The entries in the order of the text, with those that are there twice.
struct RawHeader {
    entries: Vec<(String, RawEntry)>,
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawEntry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = RawHeader;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
        let mut header = RawHeader { entries: Vec::new(), metadata: BTreeMap::new() };
        while let Some(key) = map.next_key::<String>()? {
            if key == "__metadata__" {
                header.metadata = map.next_value_seed(Metadata)?;
            } else {
                let entry =
                    map.next_value().map_err(|e| A::Error::custom(format_args!("`{key}`: {e}")))?;
                header.entries.push((key, entry));
            }
        }
        Ok(header)
    }
}

/// Text by text; whatever else a writer put there is of no use and of no harm.
struct Metadata;

impl<'de> DeserializeSeed<'de> for Metadata {
    type Value = BTreeMap<String, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Metadata {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Value {
            Text(String),
            Other(IgnoredAny),
        }
        let mut texts = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if let Value::Text(text) = value {
                texts.insert(key, text);
            }
        }
        Ok(texts)
    }
}
