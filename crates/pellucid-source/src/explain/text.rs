//! Text that is not closed, and escapes that are none.

use super::{Stuck, boxed, run};
use crate::escape::tick;
use crate::{Span, Trouble};

impl Stuck<'_> {
    /// The text that opens at `opening` cannot go on here: the file ends, or a control character comes.
    pub fn in_text(&self, opening: usize) -> Box<Trouble> {
        let whole = Span::new(opening, self.at);
        let (span, message, hint) = match self.rest().chars().next() {
            None => return self.ends_in_text(opening),
            Some('\n' | '\r') => {
                let hint = "close it with `\"`; inside text, a line break is written `\\n`";
                (whole, "text is not closed on its line".to_owned(), hint.to_owned())
            }
            Some('\t') => (
                self.next_span(),
                "there is a tab inside text".to_owned(),
                "write it as `\\t`".to_owned(),
            ),
            Some(control) => {
                let code = u32::from(control);
                let message = format!("there is a control character (U+{code:04X}) inside text");
                (self.next_span(), message, format!("delete it, or write it as `\\u{code:04x}`"))
            }
        };
        boxed(Trouble::new(span, message).hint(hint))
    }

    /// The backslash here starts no escape.
    pub fn at_escape(&self, opening: usize) -> Box<Trouble> {
        let Some(letter) = self.rest()[1..].chars().next() else {
            return self.ends_in_text(opening);
        };
        if letter == 'u' {
            return self.at_unicode_escape(opening);
        }
        if matches!(letter, '\n' | '\r') {
            let trouble =
                Trouble::new(self.span(1), "a backslash does not carry text over to the next line");
            return boxed(trouble.hint("write the text on one line, and its line breaks as `\\n`"));
        }
        let digits = self.rest().get(2..4).filter(|_| letter == 'x');
        if let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            return self.no_escape(4, &format!("write `\\u{code:04x}`"));
        }
        let hint = match letter {
            '\'' | '`' => format!("write {} without a backslash", tick(&letter.to_string())),
            '0' => "write `\\u0000`".to_owned(),
            'a' => "write `\\u0007`, or a backslash as `\\\\`".to_owned(),
            'e' => "write `\\u001b`, or a backslash as `\\\\`".to_owned(),
            'v' => "write `\\u000b`, or a backslash as `\\\\`".to_owned(),
            _ => "write a backslash as `\\\\`; a path may have `/`".to_owned(),
        };
        self.no_escape(1 + letter.len_utf8(), &hint)
    }

    /// The escape here is one half of a character that takes two.
    pub fn at_lone_surrogate(&self, unit: u32) -> Box<Trouble> {
        let span = self.span(6);
        let partner = if unit < 0xdc00 { "second half follows" } else { "first half comes before" };
        let message = format!("{} is half a character, and no {partner}", tick(span.of(self.text)));
        boxed(Trouble::new(span, message).hint("write the character itself, or both halves"))
    }

    /// Text that seems to go on behind its closing quote.
    pub(super) fn quote_in_text(&self, text: Span) -> Box<Trouble> {
        let quote = Span::new(text.end as usize - 1, text.end as usize);
        let trouble = Trouble::new(quote, "text ends here, but a word follows at once");
        boxed(trouble.hint("write a quote inside text as `\\\"`"))
    }

    fn ends_in_text(&self, opening: usize) -> Box<Trouble> {
        let span = Span::new(opening, self.text.len());
        boxed(Trouble::new(span, "the file ends inside text").hint("close it with `\"`"))
    }

    fn no_escape(&self, len: usize, hint: &str) -> Box<Trouble> {
        let span = self.span(len);
        let message = format!("{} is not an escape", tick(span.of(self.text)));
        boxed(Trouble::new(span, message).hint(hint))
    }

    fn at_unicode_escape(&self, opening: usize) -> Box<Trouble> {
        let digits = &self.rest()[2..];
        let braced = digits.strip_prefix('{').map(|inner| &inner[..hexadecimal(inner, 8)]);
        if let Some(code) = braced.filter(|code| digits[1 + code.len()..].starts_with('}')) {
            let hint = match u32::from_str_radix(code, 16).ok().and_then(char::from_u32) {
                Some(character) => format!("write {}", tick(&escaped(character))),
                None => "write four hexadecimal digits after `\\u`".to_owned(),
            };
            return self.no_escape(4 + code.len(), &hint);
        }
        let count = hexadecimal(digits, 4);
        if count == digits.len() {
            return self.ends_in_text(opening);
        }
        let span = self.span(2 + count);
        let message = format!("{} does not have four hexadecimal digits", tick(span.of(self.text)));
        boxed(
            Trouble::new(span, message)
                .hint("write four, as in `\\u00e9`, or a backslash as `\\\\`"),
        )
    }
}

/// How many of the first `most` characters are hexadecimal digits.
fn hexadecimal(text: &str, most: usize) -> usize {
    run(text, |character| character.is_ascii_hexdigit()).min(most)
}

/// A character as JSON's `\u` escapes.
fn escaped(character: char) -> String {
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}
