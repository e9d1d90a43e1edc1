//! The texts that spans point into, and the lines in them.

use std::sync::{Arc, OnceLock};

use crate::FileId;
use crate::span::floor;

/// One text with the name that people know it by.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The name as shown to people, usually a path.
    pub name: String,
    /// The text; not to be changed once a position has been asked for.
    pub text: String,
    lines: OnceLock<Vec<u32>>,
}

/// A place as people count: lines and characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The character (Unicode scalar value) in the line, from 1.
    pub column: u32,
}

/// All the texts that a run has read; a [`FileId`] is a place in the list.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The texts, in the order in which they were added.
    pub files: Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a text and gives it a number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(Arc::new(Source::new(name, text)));
        FileId(u32::try_from(self.files.len() - 1).expect("fewer than 2^32 files are held"))
    }

    /// The text with that number; a nameless empty one when the number is of other sources.
    pub fn get(&self, file: FileId) -> &Source {
        static NOTHING: Source =
            Source { name: String::new(), text: String::new(), lines: OnceLock::new() };
        self.files.get(file.0 as usize).map_or(&NOTHING, |source| source)
    }
}

impl Source {
    /// A text with a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// The line and character of the byte at `offset`; offsets behind the end count as the end, and
    /// an offset inside a character counts as its start.
    pub fn position(&self, offset: u32) -> Position {
        let offset = floor(&self.text, offset as usize);
        let line = self.starts().partition_point(|&start| start as usize <= offset);
        let start = self.starts()[line - 1] as usize;
        let column = self.text[start..offset].chars().count() + 1;
        Position { line: line as u32, column: column as u32 }
    }

    /// The text of line `number` (from 1) without its line break; empty when there is no such line.
    pub fn line(&self, number: u32) -> &str {
        let starts = self.starts();
        let Some(&start) = (number as usize).checked_sub(1).and_then(|index| starts.get(index))
        else {
            return "";
        };
        let end = starts.get(number as usize).map_or(self.text.len(), |&next| next as usize);
        let line = &self.text[start as usize..end];
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// The byte at which line `number` (from 1) starts; the end of the text when there is no such line.
    pub fn line_start(&self, number: u32) -> u32 {
        let index = (number as usize).saturating_sub(1);
        self.starts().get(index).copied().unwrap_or(self.text.len() as u32)
    }

    /// How many lines there are; a text that ends in a line break has an empty last one.
    pub fn line_count(&self) -> u32 {
        self.starts().len() as u32
    }

    fn starts(&self) -> &[u32] {
        self.lines.get_or_init(|| line_starts(&self.text))
    }
}

/// The first byte of each line; lines end at `\n`, `\r\n` or a lone `\r`.
fn line_starts(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let breaks = bytes.iter().enumerate().filter(|&(at, &byte)| {
        byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
    });
    std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &Source, offset: u32) -> (u32, u32) {
        let position = source.position(offset);
        (position.line, position.column)
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let source = Source::new("g.json", "é\u{1F600}x\nüz");
        assert_eq!(at(&source, 0), (1, 1));
        assert_eq!(at(&source, 2), (1, 2));
        assert_eq!(at(&source, 6), (1, 3));
        assert_eq!(at(&source, 8), (2, 1));
        assert_eq!(at(&source, 10), (2, 2));
    }

    #[test]
    fn an_offset_inside_a_character_or_behind_the_end_is_held_to_the_text() {
        let source = Source::new("g.json", "aé");
        assert_eq!(at(&source, 2), (1, 2));
        assert_eq!(at(&source, 3), (1, 3));
        assert_eq!(at(&source, 900), (1, 3));
    }

    #[test]
    fn every_style_of_line_break_ends_a_line_once() {
        let source = Source::new("g.json", "a\nb\r\nc\rd");
        let lines: Vec<_> = (1..=source.line_count()).map(|n| source.line(n)).collect();
        assert_eq!(lines, ["a", "b", "c", "d"]);
        assert_eq!(at(&source, 5), (3, 1));
    }

    #[test]
    fn an_empty_text_has_one_empty_line() {
        let source = Source::new("g.json", "");
        assert_eq!(source.line_count(), 1);
        assert_eq!(at(&source, 0), (1, 1));
        assert_eq!((source.line(0), source.line(1), source.line(2)), ("", "", ""));
    }

    #[test]
    fn a_file_number_of_other_sources_shows_nothing() {
        assert_eq!(Sources::default().get(FileId(3)).text, "");
    }
}
