//! Where something was written: byte ranges, files, and values that carry their range.

use std::ops::Range;

/// A range of bytes in one text, from `start` up to but without `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// The number of a file in [`Sources`](crate::Sources).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A span in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

/// A value and where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub v: T,
    /// Its place in the text.
    pub span: Span,
}

impl Span {
    /// The bytes from `start` to `end`; offsets beyond 4 GiB are held at 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    /// The empty span before the byte at `offset`.
    pub fn empty(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// Its length in bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the byte at `offset` is in it; its end counts, so that a cursor behind a word is at the word.
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text that it covers, widened to whole characters and held to the text.
    pub fn of(self, text: &str) -> &str {
        &text[self.range(text)]
    }

    /// The byte range of it in `text`, widened to whole characters and held to the text.
    pub fn range(self, text: &str) -> Range<usize> {
        let start = floor(text, self.start as usize);
        let end = ceil(text, self.end as usize);
        start..end.max(start)
    }

    /// The span, as a place in `file`.
    pub fn at(self, file: FileId) -> Place {
        Place { file, span: self }
    }
}

impl<T> Spanned<T> {
    /// `v`, written at `span`.
    pub fn new(v: T, span: Span) -> Self {
        Self { v, span }
    }

    /// `v`, written nowhere: for trees that a program builds.
    pub fn unplaced(v: T) -> Self {
        Self { v, span: Span::default() }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { v: change(self.v), span: self.span }
    }

    /// A reference to the value, with the same place.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { v: &self.v, span: self.span }
    }
}

/// The start of the character that the byte at `offset` is in, held to the text.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The first start of a character at or behind `offset`, held to the text.
pub(crate) fn ceil(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset += 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_cuts_characters_is_widened_and_held_to_the_text() {
        assert_eq!(Span::new(1, 2).of("éa"), "é");
        assert_eq!(Span::new(0, 1).of("éa"), "é");
        assert_eq!(Span::new(2, 99).of("éa"), "a");
        assert_eq!(Span::new(50, 99).of("éa"), "");
        assert_eq!(Span { start: 3, end: 1 }.of("abcd"), "");
    }
}
