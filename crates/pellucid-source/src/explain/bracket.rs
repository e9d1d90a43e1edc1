//! Brackets that are not closed, closed twice or closed by the wrong one, and files that end early.

use super::{BLANKS, Stuck, boxed};
use crate::{Span, Trouble};

impl Stuck<'_> {
    /// The end of the file, if that is what cannot be read.
    pub(super) fn ends(&self) -> Option<Box<Trouble>> {
        if self.at < self.text.len() {
            return None;
        }
        let Some(&opened) = self.open.last() else {
            return Some(boxed(nothing_here(self.text)));
        };
        let end = Span::empty(self.text.trim_end_matches(BLANKS).len());
        let (closer, what) = self.bracket(opened);
        let complete =
            if matches!(self.before(), Some(b',' | b':')) { "complete it and " } else { "" };
        let hint = match self.open.len() {
            1 => format!("{complete}close it with `{closer}`"),
            2..=10 => format!("{complete}close all that is open with `{}`", self.closers()),
            _ => format!(
                "{complete}close it with `{closer}`, and the {} around it",
                self.open.len() - 1
            ),
        };
        let trouble = Trouble::new(end, format!("the file ends inside {what}"));
        Some(boxed(match self.left_open() {
            Some(suspect) => {
                let closer = self.bracket(suspect).0;
                trouble
                    .hint(format!("write the `{closer}` that is missing"))
                    .related(bracket_span(suspect), "by the indentation, this is the one left open")
            }
            None => trouble.hint(hint).related(bracket_span(opened), "opened here"),
        }))
    }

    /// A closing bracket where a key or a value should be.
    pub(super) fn closer_for_value(&self, closer: char) -> Box<Trouble> {
        let Some(&opened) = self.open.last() else {
            return self.here(&format!("this `{closer}` closes nothing"), "remove it");
        };
        if self.bracket(opened).0 != closer {
            return self.wrong_closer(closer);
        }
        let what = if closer == '}' { "an object" } else { "a list" };
        let message = format!("{what} ends in a trailing comma");
        boxed(Trouble::new(self.before_span(), message).hint("remove it"))
    }

    /// A closing bracket of the other kind.
    pub(super) fn wrong_closer(&self, closer: char) -> Box<Trouble> {
        let Some(&opened) = self.open.last() else {
            return self.here(&format!("this `{closer}` closes nothing"), "remove it");
        };
        let (right, what) = self.bracket(opened);
        let trouble = Trouble::new(self.next_span(), format!("`{closer}` cannot close {what}"));
        boxed(
            trouble
                .hint(format!("close it with `{right}` first"))
                .related(bracket_span(opened), "opened here"),
        )
    }

    /// The first bracket whose closing one starts a line that is indented less than the line that it is on: it
    /// took the closing bracket of the one around it.
    fn left_open(&self) -> Option<u32> {
        let mut open = Vec::new();
        let (mut indent, mut at_start, mut in_text, mut escaped) = (0_usize, true, false, false);
        for (at, byte) in self.text[..self.at].bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'\n' => (indent, at_start) = (0, true),
                b' ' | b'\t' => indent += usize::from(at_start),
                b'{' | b'[' => open.push((at as u32, indent)),
                b'}' | b']' => {
                    let (opened, outer) = open.pop()?;
                    if at_start && outer > indent {
                        return Some(opened);
                    }
                }
                _ => {}
            }
            at_start &= matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        }
        None
    }

    /// The partner of the opening bracket at an offset, and what they enclose.
    fn bracket(&self, opened: u32) -> (char, &'static str) {
        match self.text.as_bytes().get(opened as usize) {
            Some(b'[') => (']', "a list"),
            _ => ('}', "an object"),
        }
    }

    fn closers(&self) -> String {
        let closers: Vec<_> =
            self.open.iter().rev().map(|&opened| self.bracket(opened).0.to_string()).collect();
        closers.join(" ")
    }
}

/// A text without any value.
pub(crate) fn nothing_here(text: &str) -> Trouble {
    let message = if text.is_empty() {
        "the file is empty"
    } else {
        "there is nothing but blanks in the file"
    };
    Trouble::new(Span::empty(0), message).hint("start with `{ \"pellucid\": 1, \"nodes\": {} }`")
}

fn bracket_span(opened: u32) -> Span {
    Span { start: opened, end: opened + 1 }
}
