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
    packed_size: u64,
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
        packed_size: field(20, 4)?,
        header: field(42, 4)?,
        next: start + name + extra + comment,
    };
    widen(&mut entry, bytes.get(start + name..start + name + extra)?)?;
    Some(entry)
}

/// Numbers beyond 4 GiB stand in an extra field, in this order, and only those that need it.
fn widen(entry: &mut Entry, mut extra: &[u8]) -> Option<()> {
    let wide = |number: &u64| *number == 0xffff_ffff;
    if ![entry.size, entry.packed_size, entry.header].iter().any(wide) {
        return Some(());
    }
    loop {
        let (id, size) = (number(extra, 0, 2)?, usize::try_from(number(extra, 2, 2)?).ok()?);
        let field = extra.get(4..4 + size)?;
        if id == 1 {
            let mut at = 0;
            for place in [&mut entry.size, &mut entry.packed_size, &mut entry.header] {
                if wide(place) {
                    *place = number(field, at, 8)?;
                    at += 8;
                }
            }
            return Some(());
        }
        extra = &extra[4 + size..];
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_read_from_the_extra_field() {
        let entry = |size, packed_size, header| Entry {
            name: String::new(),
            method: 0,
            size,
            packed_size,
            header,
            next: 0,
        };
        let extra = |numbers: &[u64]| {
            let field: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            // Another field comes first; it is passed over.
            let head = [9, 0, 1, 0, 7, 1, 0, field.len() as u8, 0];
            [&head[..], &field].concat()
        };
        let (wide, far) = (0xffff_ffff, 1 << 33);
        let mut all = entry(wide, wide, wide);
        widen(&mut all, &extra(&[5, 5, far])).unwrap();
        assert_eq!((all.size, all.header), (5, far));
        let mut only_place = entry(5, 5, wide);
        widen(&mut only_place, &extra(&[far])).unwrap();
        assert_eq!((only_place.size, only_place.header), (5, far));
        assert!(widen(&mut entry(wide, 5, 5), &extra(&[])).is_none());
        assert!(widen(&mut entry(wide, 5, 5), &[]).is_none());
    }
}
