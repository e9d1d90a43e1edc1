//! The part of a source line that is shown, and where the mark stands under it.

use unicode_width::UnicodeWidthStr;

use crate::escape::push_printable;
use crate::span::floor;
use crate::{Source, Span};

/// The most columns of a source line that are shown.
const WIDTH: usize = 120;
/// The columns left of the mark that are kept in sight when a line is cut.
const LEFT: usize = 40;

/// A source line as it is shown.
pub(super) struct Excerpt {
    /// The line, or the part of it around the mark, fit to be shown.
    pub text: String,
    /// The columns before the mark.
    pub indent: usize,
    /// The columns of the mark; 0 when it stands behind the end or between characters.
    pub width: usize,
}

/// The line in which a span starts, with the mark for the part of the span that is on it.
pub(super) fn excerpt(source: &Source, span: Span) -> Excerpt {
    let number = source.position(span.start).line;
    let line = source.line(number);
    let from = source.line_start(number) as usize;
    let local = |offset: u32| floor(line, (offset as usize).saturating_sub(from));
    let range = span.range(&source.text);
    let start = local(range.start as u32);
    let end = local(range.end as u32).max(start);

    let right = forward(line, start, WIDTH - LEFT);
    let first = backward(line, start, WIDTH - columns(&line[start..right]));
    let last = forward(line, start, WIDTH - columns(&line[first..start])).max(start);
    let end = end.min(last);

    let cut_left = if first > 0 { "…" } else { "" };
    let cut_right = if last < line.len() { "…" } else { "" };
    let before = format!("{cut_left}{}", shown(&line[first..start]));
    let marked = shown(&line[start..end]);
    let behind = shown(&line[end..last]);
    Excerpt {
        indent: before.width(),
        width: marked.width(),
        text: format!("{before}{marked}{behind}{cut_right}"),
    }
}

/// The byte up to which at most `room` columns are shown behind `start`.
fn forward(line: &str, start: usize, room: usize) -> usize {
    let mut used = 0;
    for (at, character) in line[start..].char_indices() {
        used += column_of(character);
        if used > room {
            return start + at;
        }
    }
    line.len()
}

/// The byte from which at most `room` columns are shown before `start`.
fn backward(line: &str, start: usize, room: usize) -> usize {
    let mut used = 0;
    for (at, character) in line[..start].char_indices().rev() {
        used += column_of(character);
        if used > room {
            return at + character.len_utf8();
        }
    }
    0
}

fn columns(text: &str) -> usize {
    text.chars().map(column_of).sum()
}

fn column_of(character: char) -> usize {
    shown(character.encode_utf8(&mut [0; 4])).width()
}

/// A part of a line with tabs as four blanks and what could do harm spelt out.
fn shown(part: &str) -> String {
    let mut shown = String::with_capacity(part.len());
    for character in part.chars() {
        match character {
            '\t' => shown.push_str("    "),
            _ => push_printable(&mut shown, character),
        }
    }
    shown
}
