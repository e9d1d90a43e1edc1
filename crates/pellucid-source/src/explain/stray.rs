//! What may not stand between tokens at all: comments, invisible characters, look-alikes of JSON's signs.

use super::{Stuck, boxed, run};
use crate::escape::tick;
use crate::{Span, Trouble};

impl Stuck<'_> {
    /// A comment, an invisible character or a look-alike, if that is what cannot be read.
    pub(super) fn stray(&self) -> Option<Box<Trouble>> {
        let next = self.rest().chars().next()?;
        self.comment().or_else(|| self.invisible(next)).or_else(|| self.look_alike(next))
    }

    fn comment(&self) -> Option<Box<Trouble>> {
        let rest = self.rest();
        let line = run(rest, |character| !matches!(character, '\n' | '\r'));
        let len = if let Some(inner) = rest.strip_prefix("/*") {
            inner.find("*/").map_or(line, |end| end + 4)
        } else if rest.starts_with("//") || rest.starts_with('#') {
            rest[..line].trim_end().len()
        } else {
            return None;
        };
        let trouble = Trouble::new(self.span(len), "JSON has no comments");
        Some(boxed(trouble.hint("remove it, or say it in a `\"note\"`")))
    }

    fn invisible(&self, next: char) -> Option<Box<Trouble>> {
        let code = format!("U+{:04X}", u32::from(next));
        let span = self.span(run(self.rest(), |character| character == next));
        if next == '\u{feff}' && self.at == 0 {
            return Some(boxed(byte_order_mark(span)));
        }
        let (message, hint) = match invisible_name(next) {
            Some((name, true)) => (name, "replace it with an ordinary space"),
            Some((name, false)) => (name, "delete it"),
            None if next.is_control() => ("a control character", "delete it"),
            None => return None,
        };
        let message = format!("{message} ({code}) stands between the values");
        Some(boxed(Trouble::new(span, message).hint(hint)))
    }

    fn look_alike(&self, next: char) -> Option<Box<Trouble>> {
        let right = match next {
            '，' | '、' | '﹐' => ',',
            '：' | '﹕' | '︰' => ':',
            '｛' | '﹛' => '{',
            '｝' | '﹜' => '}',
            '［' | '【' => '[',
            '］' | '】' => ']',
            _ => return None,
        };
        let message = format!("`{next}` is not the same character as `{right}`");
        Some(boxed(Trouble::new(self.next_span(), message).hint(format!("write `{right}`"))))
    }

    /// Text in other quotes than JSON's, if that is what cannot be read.
    pub(super) fn wrong_quotes(&self) -> Option<Box<Trouble>> {
        let (kind, closing): (_, &[char]) = match self.next() {
            '\'' => ("single quotes", &['\'']),
            '`' => ("backticks", &['`']),
            '‘' | '’' | '‚' => ("curly quotes", &['’', '‘']),
            '“' | '”' | '„' => ("curly quotes", &['”', '“']),
            '«' => ("angle quotes", &['»']),
            '＂' => ("wide quotes", &['＂']),
            _ => return None,
        };
        let opening = self.next().len_utf8();
        let trouble = |span| Trouble::new(span, format!("text is in {kind}"));
        let Some((inner, len)) = quoted(&self.rest()[opening..], closing) else {
            let trouble = trouble(self.next_span());
            return Some(boxed(trouble.hint("put it in double quotes: `\"`")));
        };
        let right = inner.replace("\\'", "'").replace('"', "\\\"");
        let hint = match right.chars().count() {
            0..=38 => format!("write {}", tick(&format!("\"{right}\""))),
            _ => "put it in double quotes: `\"`".to_owned(),
        };
        Some(boxed(trouble(self.span(opening + len)).hint(hint)))
    }
}

/// A byte order mark at the start of a file.
pub(crate) fn byte_order_mark(span: Span) -> Trouble {
    Trouble::new(span, "the file starts with a byte order mark (U+FEFF)")
        .hint("save it as UTF-8 without a byte order mark")
}

/// The text up to a closing quote on the same line, and its length with the quote.
fn quoted<'t>(text: &'t str, closing: &[char]) -> Option<(&'t str, usize)> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            '\n' | '\r' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if closing.contains(&character) => {
                return Some((&text[..at], at + character.len_utf8()));
            }
            _ => {}
        }
    }
    None
}

/// The name of a character that looks like a space (true) or like nothing (false).
fn invisible_name(character: char) -> Option<(&'static str, bool)> {
    Some(match character {
        '\u{a0}' | '\u{202f}' => ("a no-break space", true),
        '\u{3000}' => ("a wide space", true),
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => ("a typographic space", true),
        '\u{2028}' | '\u{2029}' | '\u{85}' => ("a line separator", true),
        '\u{feff}' => ("a byte order mark", false),
        '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' => ("a zero-width character", false),
        '\u{ad}' => ("a soft hyphen", false),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            ("an invisible mark of writing direction", false)
        }
        _ => return None,
    })
}
