//! Why a text is not JSON, and what to do about it: one explained error for each way to go wrong.
//!
//! The reader only knows that it is stuck and what it was about to read. Here the text around that place
//! is looked at again, slowly, for what the author probably meant.

mod bracket;
mod limit;
mod number;
mod stray;
mod text;
mod word;

use crate::escape::tick;
use crate::{Json, Span, Spanned, Trouble};

pub(crate) use bracket::nothing_here;
pub(crate) use stray::byte_order_mark;

/// The place where the reader cannot go on. All before it is JSON.
pub(crate) struct Stuck<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The byte that cannot be read.
    pub at: usize,
    /// Where the lists and objects around it were opened.
    pub open: &'a [u32],
}

impl<'a> Stuck<'a> {
    /// Nothing here can start a value.
    pub fn at_value(&self) -> Box<Trouble> {
        if let Some(trouble) = self.ends().or_else(|| self.stray()).or_else(|| self.wrong_quotes())
        {
            return trouble;
        }
        match (self.next(), self.before()) {
            ('}' | ']' | ',', Some(b':')) => self.no_value_after_colon(),
            (closer @ ('}' | ']'), _) => self.closer_for_value(closer),
            (',', Some(b',')) => self.here("there are two commas in a row", "remove one of them"),
            (',', Some(_)) => self.here("a list cannot start with a comma", "remove it"),
            ('+' | '-' | '.' | '0'..='9', _) => self.not_a_number(),
            (next, _) if is_word(next) => self.bare_word(),
            _ => self.misplaced("start a value"),
        }
    }

    /// Nothing here can start a key of an object.
    pub fn at_key(&self) -> Box<Trouble> {
        if let Some(trouble) = self.ends().or_else(|| self.stray()).or_else(|| self.wrong_quotes())
        {
            return trouble;
        }
        match (self.next(), self.before()) {
            (closer @ ('}' | ']'), _) => self.closer_for_value(closer),
            (',', Some(b',')) => self.here("there are two commas in a row", "remove one of them"),
            (',', _) => self.here("an object cannot start with a comma", "remove it"),
            (':', _) => {
                self.here("there is no key before this `:`", "write a key in double quotes")
            }
            ('{', _) => {
                self.here("a key is text, but this is an object", "write a key and `:` before it")
            }
            ('[', _) => {
                self.here("a key is text, but this is a list", "write a key and `:` before it")
            }
            ('+' | '-' | '.' | '0'..='9', _) => {
                self.bare_key("a key is text, but this is a number")
            }
            (next, _) if is_word(next) => self.bare_key("a key is not in double quotes"),
            _ => self.misplaced("start a key"),
        }
    }

    /// Behind the key at `key` there is no colon.
    pub fn at_colon(&self, key: Span) -> Box<Trouble> {
        if let Some(trouble) = self.ends().or_else(|| self.stray()) {
            return trouble;
        }
        let name = tick(key.of(self.text));
        match self.next() {
            '=' => {
                let arrow = self.rest().starts_with("=>");
                let span = Span::new(self.at, self.at + 1 + usize::from(arrow));
                let sign = tick(span.of(self.text));
                boxed(
                    Trouble::new(span, format!("{sign} stands where a `:` should"))
                        .hint("write `:`"),
                )
            }
            ',' | '}' => boxed(
                Trouble::new(key, format!("the key {name} has no value"))
                    .hint("write `:` and a value behind it"),
            ),
            next if is_word(next) && key.end as usize == self.at => self.quote_in_text(key),
            _ => boxed(
                Trouble::new(
                    Span::empty(key.end as usize),
                    format!("there is no `:` after the key {name}"),
                )
                .hint("write `:` between key and value"),
            ),
        }
    }

    /// Behind the value at `before` there is neither comma nor closing bracket.
    pub fn at_comma(&self, before: Span) -> Box<Trouble> {
        if let Some(trouble) = self.ends().or_else(|| self.stray()) {
            return trouble;
        }
        let after_text = before.of(self.text).starts_with('"');
        match self.next() {
            closer @ ('}' | ']') => self.wrong_closer(closer),
            ':' if self.in_list() => {
                self.here("a list has no keys", "write `{` and `}` around keys and values")
            }
            ':' => self.here("a second `:` follows a value", "write `,` and a key before it"),
            ';' => self.here("`;` stands where a `,` should", "write `,`"),
            '+' if after_text => {
                self.here("text cannot be joined with `+`", "write it as one text")
            }
            next if after_text && is_word(next) && before.end as usize == self.at => {
                self.quote_in_text(before)
            }
            next if starts_value(next) => boxed(
                Trouble::new(Span::empty(before.end as usize), "a comma is missing here")
                    .hint(format!("write `,` after {}", tick(last_token(before.of(self.text))))),
            ),
            _ => self.misplaced("follow a value"),
        }
    }

    /// Behind the end of the only value that a text may hold there is more.
    pub fn behind_the_end(&self, root: &Spanned<Json>) -> Box<Trouble> {
        if let Some(trouble) = self.stray() {
            return trouble;
        }
        let ended = Span::new(root.span.end as usize - 1, root.span.end as usize);
        match (self.next(), &root.v) {
            (':', Json::Text(_)) => boxed(
                Trouble::new(root.span, "the file starts with a key")
                    .hint("write `{` before it and `}` at the end"),
            ),
            ('}' | ']', _) => {
                let message =
                    format!("this {} closes nothing", tick(self.next_span().of(self.text)));
                let trouble = Trouble::new(self.next_span(), message).hint("remove it");
                boxed(trouble.related(ended, "all is closed here"))
            }
            (',', _) => self.here("a comma follows the end of the file's value", "remove it"),
            _ => boxed(
                Trouble::new(self.token(), "there is more after the end of the file's value")
                    .hint("keep one value in the file")
                    .related(ended, "the value ends here"),
            ),
        }
    }

    /// All that is not read yet.
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The character that cannot be read; NUL at the end, where it is not asked for.
    fn next(&self) -> char {
        self.rest().chars().next().unwrap_or('\0')
    }

    fn next_span(&self) -> Span {
        self.span(self.next().len_utf8())
    }

    /// The next `len` bytes.
    fn span(&self, len: usize) -> Span {
        Span::new(self.at, (self.at + len).min(self.text.len()))
    }

    /// The word, number or single character that cannot be read.
    fn token(&self) -> Span {
        self.span(run(self.rest(), is_word).max(self.next().len_utf8()))
    }

    /// The last byte of what was read before.
    fn before(&self) -> Option<u8> {
        self.text[..self.at].trim_end_matches(BLANKS).bytes().next_back()
    }

    /// The last byte of what was read before, as a span.
    fn before_span(&self) -> Span {
        let end = self.text[..self.at].trim_end_matches(BLANKS).len();
        Span::new(end.saturating_sub(1), end)
    }

    fn in_list(&self) -> bool {
        self.open.last().is_some_and(|&at| self.text.as_bytes()[at as usize] == b'[')
    }

    fn here(&self, message: &str, hint: &str) -> Box<Trouble> {
        boxed(Trouble::new(self.next_span(), message).hint(hint))
    }

    fn no_value_after_colon(&self) -> Box<Trouble> {
        let trouble = Trouble::new(self.before_span(), "there is no value after this `:`");
        boxed(trouble.hint("write a value, or leave the key out"))
    }

    fn misplaced(&self, role: &str) -> Box<Trouble> {
        let span = self.next_span();
        let hint = match role {
            "start a key" => "write a key in double quotes",
            "follow a value" if self.in_list() => "write `,` or `]`",
            "follow a value" => "write `,` or `}`",
            _ => "write text in double quotes, a number, `true`, `false`, `null`, `{` or `[`",
        };
        boxed(Trouble::new(span, format!("{} cannot {role}", tick(span.of(self.text)))).hint(hint))
    }
}

/// What JSON allows between tokens.
pub(crate) const BLANKS: [char; 4] = [' ', '\n', '\r', '\t'];

/// Whether a character belongs to a word: a letter, a digit, or what programs allow in names.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

fn starts_value(character: char) -> bool {
    is_word(character)
        || matches!(character, '"' | '\'' | '{' | '[' | '-' | '+' | '.' | '“' | '”' | '‘' | '’')
}

/// The length in bytes of the characters at the start that belong.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character)).unwrap_or(text.len())
}

/// A value as it is named in a hint: whole, or its closing bracket.
fn last_token(value: &str) -> &str {
    if value.ends_with(['}', ']']) { &value[value.len() - 1..] } else { value }
}

fn boxed(trouble: Trouble) -> Box<Trouble> {
    Box::new(trouble)
}

#[cfg(test)]
mod tests;
