//! The members of an uncompressed zip archive, as PyTorch writes them.

use std::collections::BTreeMap;
use std::ops::Range;

/// Where the bytes of every member are, by name; or what is wrong with the archive.
pub(super) fn members(bytes: &[u8]) -> Result<BTreeMap<String, Range<usize>>, String> {
    let end = end_record(bytes).ok_or("the archive has no directory; it is cut off")?;
    let Directory { count, mut at } = directory(bytes, end).ok_or("broken archive directory")?;
    let mut members = BTreeMap::new();
    for _ in 0..count {
        let entry = entry(bytes, at).ok_or("broken archive directory")?;
        if entry.method != 0 {
            return Err(format!("the archive's member `{}` is compressed", entry.name));
        }
        let data = data_range(bytes, &entry)
            .ok_or_else(|| format!("the archive's member `{}` is cut off", entry.name))?;
        members.insert(entry.name, data);
        at = entry.next;
    }
    Ok(members)
}

struct Directory {
    count: u64,
    at: usize,
}

struct Entry {
    name: String,
    method: u16,
    size: u64,
    header: u64,
    next: usize,
}

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const MEMBER: &[u8] = b"PK\x03\x04";

/// The end record is the last thing but a comment of at most 64 KiB.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(22)?;
    (last.saturating_sub(0xffff)..=last).rev().find(|&at| bytes[at..].starts_with(END))
}

fn directory(bytes: &[u8], end: usize) -> Option<Directory> {
    let (count, at) = (number(bytes, end + 10, 2)?, number(bytes, end + 16, 4)?);
    if count < 0xffff && at < 0xffff_ffff {
        return Some(Directory { count, at: usize::try_from(at).ok()? });
    }
    let record = usize::try_from(number(bytes, end.checked_sub(12)?, 8)?).ok()?;
    if !bytes.get(record..)?.starts_with(END_64) {
        return None;
    }
    let at = number(bytes, record.checked_add(48)?, 8)?;
    Some(Directory {
        count: number(bytes, record.checked_add(32)?, 8)?,
        at: usize::try_from(at).ok()?,
    })
}

fn entry(bytes: &[u8], at: usize) -> Option<Entry> {
    if !bytes.get(at..)?.starts_with(ENTRY) {
        return None;
    }
    let field = |offset: usize, size: usize| number(bytes, at.checked_add(offset)?, size);
    let length = |offset| usize::try_from(field(offset, 2)?).ok();
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let start = at + 46;
    let mut entry = Entry {
        name: String::from_utf8_lossy(bytes.get(start..start + name)?).into_owned(),
        method: u16::try_from(field(10, 2)?).ok()?,
        size: field(24, 4)?,
        header: field(42, 4)?,
        next: start + name + extra + comment,
    };
    widen(&mut entry, bytes.get(start + name..start + name + extra)?)?;
    Some(entry)
}

/// Sizes beyond 4 GiB stand in an extra field, in a fixed order, and only those that need it.
fn widen(entry: &mut Entry, mut extra: &[u8]) -> Option<()> {
    let was_packed_large = |entry: &Entry| entry.size == 0xffff_ffff;
    if !was_packed_large(entry) && entry.header != 0xffff_ffff {
        return Some(());
    }
    while extra.len() >= 4 {
        let (id, size) = (number(extra, 0, 2)?, usize::try_from(number(extra, 2, 2)?).ok()?);
        let field = extra.get(4..4 + size)?;
        if id == 1 {
            let mut at = 0;
            if was_packed_large(entry) {
                entry.size = number(field, at, 8)?;
                // The size before packing comes first, then the packed one, the same here.
                at += if field.len() >= 16 && entry.header != 0xffff_ffff || field.len() >= 24 {
                    16
                } else {
                    8
                };
            }
            if entry.header == 0xffff_ffff {
                entry.header = number(field, at, 8)?;
            }
            return Some(());
        }
        extra = &extra[4 + size..];
    }
    None
}

fn data_range(bytes: &[u8], entry: &Entry) -> Option<Range<usize>> {
    let header = usize::try_from(entry.header).ok()?;
    if !bytes.get(header..)?.starts_with(MEMBER) {
        return None;
    }
    let length = |offset| usize::try_from(number(bytes, header + offset, 2)?).ok();
    let start = header + 30 + length(26)? + length(28)?;
    let end = start.checked_add(usize::try_from(entry.size).ok()?)?;
    (end <= bytes.len()).then_some(start..end)
}

/// A little-endian number of up to 8 bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(size)?)?;
    Some(field.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
