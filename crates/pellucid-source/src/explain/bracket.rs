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
        let (_, closer, what) = self.bracket(opened);
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
        let trouble = Trouble::new(end, format!("the file ends inside {what}")).hint(hint);
        Some(boxed(trouble.related(bracket_span(opened), "opened here")))
    }

    /// A closing bracket where a key or a value should be.
    pub(super) fn closer_for_value(&self, closer: char) -> Box<Trouble> {
        let Some(&opened) = self.open.last() else {
            return self.here(&format!("this `{closer}` closes nothing"), "remove it");
        };
        if self.bracket(opened).1 != closer {
            return self.wrong_closer(closer);
        }
        let what = if closer == '}' { "an object" } else { "a list" };
        let message = format!("a comma stands before the end of {what}");
        boxed(Trouble::new(self.before_span(), message).hint("remove it"))
    }

    /// A closing bracket of the other kind.
    pub(super) fn wrong_closer(&self, closer: char) -> Box<Trouble> {
        let Some(&opened) = self.open.last() else {
            return self.here(&format!("this `{closer}` closes nothing"), "remove it");
        };
        let (_, right, what) = self.bracket(opened);
        let trouble = Trouble::new(self.next_span(), format!("`{closer}` cannot close {what}"));
        boxed(
            trouble
                .hint(format!("close it with `{right}` first"))
                .related(bracket_span(opened), "opened here"),
        )
    }

    /// The opening bracket at an offset, its partner, and what they enclose.
    fn bracket(&self, opened: u32) -> (char, char, &'static str) {
        match self.text.as_bytes().get(opened as usize) {
            Some(b'[') => ('[', ']', "a list"),
            _ => ('{', '}', "an object"),
        }
    }

    fn closers(&self) -> String {
        let closers: Vec<_> =
            self.open.iter().rev().map(|&opened| self.bracket(opened).1.to_string()).collect();
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
