//! The directories of a TIFF file, as far as they must be known before a decoder may see them.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

use super::super::Fault;

/// The tag that tells grey, RGB, palette and others apart.
const COLOUR_KIND: u16 = 262;
/// Tags whose values a decoder loads whole; their counts must not lie.
const LOADED: [u16; 21] = [
    256,
    257,
    258,
    259,
    COLOUR_KIND,
    273,
    274,
    277,
    278,
    279,
    284,
    317,
    320,
    322,
    323,
    324,
    325,
    338,
    339,
    347,
    530,
];
/// The most entries of a directory.
const MOST_ENTRIES: u64 = 4096;
/// The most pages that are counted.
const MOST_PAGES: usize = 65_536;

/// What is known of a file from its directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directories {
    /// Pages that can be reached from the first one, itself included.
    pub(super) pages: u32,
    /// Where the first page's colour kind lies: the place of its low byte.
    pub(super) colour_kind: u64,
}

/// Walks the directories. Refuses a first page whose values do not lie within the file.
pub(super) fn directories(reader: &mut (impl Read + Seek)) -> Result<Directories, Fault> {
    let len = reader.seek(SeekFrom::End(0))?;
    let mut file = File { reader, len, big_endian: false, big_tiff: false };
    let first = file.start()?;
    let colour_kind = file.check(first)?;
    let mut pages = BTreeSet::from([first]);
    let mut page = first;
    // A chain that breaks off or runs in a circle ends; the first page is not to blame for it.
    while let Ok(next) = file.next(page) {
        let is_page = next != 0 && file.count(next).is_ok_and(|entries| entries > 0);
        if !is_page || pages.len() == MOST_PAGES || !pages.insert(next) {
            break;
        }
        page = next;
    }
    Ok(Directories { pages: pages.len() as u32, colour_kind })
}

struct File<'a, R> {
    reader: &'a mut R,
    len: u64,
    big_endian: bool,
    big_tiff: bool,
}

impl<R: Read + Seek> File<'_, R> {
    /// Reads the file's head: where its first directory lies.
    fn start(&mut self) -> Result<u64, Fault> {
        self.big_endian = self.bytes::<2>(0)? == *b"MM";
        self.big_tiff = self.number::<2>(2)? == 43;
        if self.big_tiff { self.number::<8>(8) } else { self.number::<4>(4) }
    }

    /// The place of the colour kind, if all that the decoder loads lies within the file.
    fn check(&mut self, directory: u64) -> Result<u64, Fault> {
        let (entry_len, value_at, inline) = if self.big_tiff { (20, 12, 8) } else { (12, 8, 4) };
        let mut colour_kind = None;
        for entry in 0..self.count(directory)? {
            let at = directory + self.count_len() + entry * entry_len;
            let tag = self.number::<2>(at)? as u16;
            if tag == COLOUR_KIND {
                colour_kind = Some(at + value_at + u64::from(self.big_endian));
            }
            if !LOADED.contains(&tag) {
                continue;
            }
            let size = value_size(self.number::<2>(at + 2)?);
            let count = self.offset(at + 4)?;
            let size = count.saturating_mul(size);
            let from = if size > inline { self.offset(at + value_at)? } else { 0 };
            if from.saturating_add(size) > self.len {
                return Err(Fault::Damaged(format!("the value of tag {tag} ends beyond the file")));
            }
        }
        colour_kind.ok_or(Fault::Damaged("its colour kind is missing".into()))
    }

    /// The directory after this one; 0 for none.
    fn next(&mut self, directory: u64) -> Result<u64, Fault> {
        let entry_len = if self.big_tiff { 20 } else { 12 };
        let end = directory + self.count_len() + self.count(directory)? * entry_len;
        self.offset(end)
    }

    /// Entries of a directory.
    fn count(&mut self, directory: u64) -> Result<u64, Fault> {
        let count = match self.big_tiff {
            true => self.number::<8>(directory)?,
            false => self.number::<2>(directory)?,
        };
        match count > MOST_ENTRIES {
            true => Err(Fault::Damaged(format!("a directory of {count} entries"))),
            false => Ok(count),
        }
    }

    fn count_len(&self) -> u64 {
        if self.big_tiff { 8 } else { 2 }
    }

    fn offset(&mut self, at: u64) -> Result<u64, Fault> {
        if self.big_tiff { self.number::<8>(at) } else { self.number::<4>(at) }
    }

    fn number<const N: usize>(&mut self, at: u64) -> Result<u64, Fault> {
        let bytes = self.bytes::<N>(at)?;
        let shifted = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
        Ok(match self.big_endian {
            true => bytes.iter().fold(0, shifted),
            false => bytes.iter().rev().fold(0, shifted),
        })
    }

    fn bytes<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Fault> {
        if at.checked_add(N as u64).is_none_or(|end| end > self.len) {
            return Err(Fault::Damaged("the file ends early".into()));
        }
        let mut bytes = [0; N];
        self.reader.seek(SeekFrom::Start(at))?;
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Bytes of one value of a field type; unknown types count as the longest.
fn value_size(kind: u64) -> u64 {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A little-endian file with one directory at 8 of these entries (tag, type, count, value).
    fn file(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(count.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.extend(next.to_le_bytes());
        file
    }

    fn walked(file: &[u8]) -> Result<Directories, Fault> {
        directories(&mut Cursor::new(file))
    }

    #[test]
    fn one_page_and_circles_count_once() {
        let expected = Directories { pages: 1, colour_kind: 18 };
        assert_eq!(walked(&file(&[(262, 3, 1, 2)], 0)), Ok(expected));
        assert_eq!(walked(&file(&[(262, 3, 1, 2)], 8)), Ok(expected));
        assert_eq!(walked(&file(&[(262, 3, 1, 2)], 9999)), Ok(expected));
    }

    #[test]
    fn counts_that_lie_are_refused_where_they_would_be_loaded() {
        let lie = walked(&file(&[(258, 3, 1 << 30, 0), (262, 3, 1, 2)], 0));
        assert!(matches!(lie, Err(Fault::Damaged(_))), "{lie:?}");
        assert!(walked(&file(&[(262, 3, 1, 2), (305, 2, 1 << 30, 0)], 0)).is_ok());
        assert!(walked(&file(&[(258, 3, 1, 8)], 0)).is_err());
    }
}
