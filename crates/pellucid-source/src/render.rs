//! Findings for people: the headline, the line it is about with a mark under it, notes and a hint.

mod line;

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::{Diagnostic, FileId, Place, Severity, Sources, printable};
use line::{Excerpt, excerpt};

/// A finding as lines of text, each with its line break.
///
/// Nothing that a file or a name says can steer the terminal: control characters are spelt out. With `colour`
/// there are ANSI colours.
pub fn render(d: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let mut page = Page {
        text: String::new(),
        paint: Paint { colour, severity: d.severity },
        gutter: gutter(d, sources),
        shown: None,
    };
    page.headline(d);
    if let Some(place) = d.place {
        page.place(place, sources, '^', None);
    }
    for note in &d.notes {
        page.place(note.place, sources, '-', Some(&note.message));
    }
    if let Some(hint) = &d.hint {
        page.hint(hint);
    }
    page.text
}

struct Page {
    text: String,
    paint: Paint,
    /// The columns left of the bar.
    gutter: usize,
    /// The file and the line that were shown last, as they were shown.
    shown: Option<(FileId, u32, String)>,
}

impl Page {
    fn headline(&mut self, d: &Diagnostic) {
        let kind = format!("{}[{}]", d.severity.name(), d.code);
        let message = shortened(&d.message);
        let (kind, message) = (self.paint.severity(&kind), printable(&message));
        let line = format!("{kind}{}", self.paint.bold(&format!(": {message}")));
        self.line(&line);
    }

    /// Shows the line of a place, unless it was just shown, and marks the place under it.
    fn place(&mut self, place: Place, sources: &Sources, mark: char, message: Option<&str>) {
        let source = sources.get(place.file);
        let start = source.position(place.span.start);
        if self.shown.as_ref().is_none_or(|(file, ..)| *file != place.file) {
            let arrow = self.paint.frame("-->");
            let name = printable(&source.name);
            self.line(&format!("  {arrow} {name}:{}:{}", start.line, start.column));
        }
        let Excerpt { text, indent, width } = excerpt(source, place.span);
        let shown = (place.file, start.line, text);
        if self.shown.as_ref() != Some(&shown) {
            let number = format!("{:>width$} |", start.line, width = self.gutter - 1);
            let line = format!("{} {}", self.paint.frame(&number), shown.2);
            self.line(line.trim_end());
            self.shown = Some(shown);
        }
        let marks = mark.to_string().repeat(width.max(1));
        let marks = match message {
            Some(message) => format!("{marks} {}", printable(message)),
            None => marks,
        };
        let marks =
            if mark == '^' { self.paint.severity(&marks) } else { self.paint.frame(&marks) };
        let bar = self.paint.frame(&format!("{:>width$}", '|', width = self.gutter + 1));
        self.line(&format!("{bar} {:indent$}{marks}", ""));
    }

    fn hint(&mut self, hint: &str) {
        let sign = self.paint.frame(&format!("{:>width$}", '=', width = self.gutter + 1));
        let word = self.paint.bold("hint:");
        self.line(&format!("{sign} {word} {}", printable(&shortened(hint))));
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a string takes all text");
    }
}

/// The columns left of the bar: one more than the longest line number has, and at least 5.
fn gutter(d: &Diagnostic, sources: &Sources) -> usize {
    let places = d.place.iter().chain(d.notes.iter().map(|note| &note.place));
    let lines = places.map(|place| sources.get(place.file).position(place.span.start).line);
    let longest = lines.max().unwrap_or(0).to_string().width();
    longest.max(4) + 1
}

/// The most characters of a sentence that are shown: a name in it may be as long as its file.
const LONGEST: usize = 600;
/// Of a longer one these many are left at its start, and half as many at its end.
const KEPT: usize = 300;

fn shortened(sentence: &str) -> Cow<'_, str> {
    if sentence.len() <= LONGEST || sentence.chars().count() <= LONGEST {
        return Cow::Borrowed(sentence);
    }
    let start: String = sentence.chars().take(KEPT).collect();
    let mut end: Vec<char> = sentence.chars().rev().take(KEPT / 2).collect();
    end.reverse();
    Cow::Owned(format!("{start} [...] {}", end.into_iter().collect::<String>()))
}

struct Paint {
    colour: bool,
    severity: Severity,
}

impl Paint {
    fn severity(&self, text: &str) -> String {
        let code = match self.severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
        };
        self.with(code, text)
    }

    fn frame(&self, text: &str) -> String {
        self.with("1;34", text)
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests;
