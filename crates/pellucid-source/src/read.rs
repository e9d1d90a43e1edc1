//! From text to the tree: strict JSON (RFC 8259), read in one pass.

mod text;

use crate::explain::Stuck;
use crate::{Json, Member, Number, Span, Spanned, Trouble};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// The deepest nesting of lists and objects that is read.
pub const MAX_DEPTH: usize = 128;
/// The most values that one file may hold: what bounds memory, at about 100 bytes a value.
pub const MAX_VALUES: usize = 1 << 23;
/// The most characters that one number may have.
pub const MAX_DIGITS: usize = 1000;

/// How much a reader takes before it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Levels of lists and objects.
    pub depth: usize,
    /// Values of any kind, keys not counted.
    pub values: usize,
    /// Characters of one number.
    pub digits: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: MAX_BYTES, depth: MAX_DEPTH, values: MAX_VALUES, digits: MAX_DIGITS }
    }
}

/// Reads a JSON text within the usual limits.
///
/// Keys that repeat are kept. Spans of keys and text values cover their quotes, spans of lists and
/// objects their brackets. The first thing that is not JSON is the error.
pub fn read(text: &str) -> Result<Spanned<Json>, Box<Trouble>> {
    read_within(text, &Limits::default())
}

/// Reads a JSON text within the given limits; at most 4 GiB, whatever they say.
pub fn read_within(text: &str, limits: &Limits) -> Result<Spanned<Json>, Box<Trouble>> {
    if text.len() > limits.bytes.min(u32::MAX as usize) {
        return Err(Stuck { text, at: 0, open: &[] }.too_large(limits.bytes));
    }
    let mut reader = Reader::new(text, limits);
    reader.skip_blanks();
    let root = reader.value()?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.stuck().behind_the_end(&root));
    }
    Ok(root)
}

type Read<T> = Result<T, Box<Trouble>>;

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// The byte that is looked at next; between tokens, so at a boundary between characters.
    at: usize,
    /// Where the lists and objects that are not closed yet were opened.
    open: Vec<u32>,
    /// The members read so far of all objects that are not closed yet, so that each gets a list of its
    /// exact length.
    members: Vec<Member>,
    /// The same for lists.
    elements: Vec<Spanned<Json>>,
    values: usize,
    limits: &'a Limits,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: &'a Limits) -> Self {
        let (open, members, elements) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, bytes: text.as_bytes(), at: 0, open, members, elements, values: 0, limits }
    }
}

impl Reader<'_> {
    fn value(&mut self) -> Read<Spanned<Json>> {
        let start = self.at;
        self.values += 1;
        if self.values > self.limits.values {
            return Err(self.stuck().too_many_values(self.limits.values));
        }
        let v = match self.peek() {
            Some(b'"') => Json::Text(self.quoted()?),
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'-' | b'0'..=b'9') => Json::Number(self.number()?),
            Some(b't') => self.word("true", Json::Bool(true))?,
            Some(b'f') => self.word("false", Json::Bool(false))?,
            Some(b'n') => self.word("null", Json::Null)?,
            _ => return Err(self.stuck().at_value()),
        };
        Ok(Spanned { v, span: Span::new(start, self.at) })
    }

    fn object(&mut self) -> Read<Json> {
        self.open()?;
        let first = self.members.len();
        if self.peek() != Some(b'}') {
            loop {
                let member = self.member()?;
                let span = member.1.span;
                self.members.push(member);
                if !self.comma(b'}', span)? {
                    break;
                }
            }
        }
        self.close();
        Ok(Json::Object(self.members.drain(first..).collect()))
    }

    fn member(&mut self) -> Read<Member> {
        if self.peek() != Some(b'"') {
            return Err(self.stuck().at_key());
        }
        let start = self.at;
        let v = self.quoted()?;
        let key = Spanned { v, span: Span::new(start, self.at) };
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.stuck().at_colon(key.span));
        }
        self.at += 1;
        self.skip_blanks();
        Ok((key, self.value()?))
    }

    fn array(&mut self) -> Read<Json> {
        self.open()?;
        let first = self.elements.len();
        if self.peek() != Some(b']') {
            loop {
                let value = self.value()?;
                let span = value.span;
                self.elements.push(value);
                if !self.comma(b']', span)? {
                    break;
                }
            }
        }
        self.close();
        Ok(Json::Array(self.elements.drain(first..).collect()))
    }

    /// Behind a value: whether there is a comma, so that another one follows, or the closing bracket.
    fn comma(&mut self, closer: u8, before: Span) -> Read<bool> {
        self.skip_blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_blanks();
                Ok(true)
            }
            Some(byte) if byte == closer => Ok(false),
            _ => Err(self.stuck().at_comma(before)),
        }
    }

    fn open(&mut self) -> Read<()> {
        if self.open.len() >= self.limits.depth {
            return Err(self.stuck().too_deep(self.limits.depth));
        }
        self.open.push(self.at as u32);
        self.at += 1;
        self.skip_blanks();
        Ok(())
    }

    fn close(&mut self) {
        self.open.pop();
        self.at += 1;
    }

    fn word(&mut self, word: &str, value: Json) -> Read<Json> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) || self.goes_on(end) {
            return Err(self.stuck().at_value());
        }
        self.at = end;
        Ok(value)
    }

    fn number(&mut self) -> Read<Number> {
        let start = self.at;
        let end = number_end(self.bytes, start).filter(|&end| {
            let sign = matches!(self.bytes.get(end), Some(b'.' | b'+' | b'-' | b'%'));
            !sign && !self.goes_on(end)
        });
        let Some(end) = end else {
            return Err(self.stuck().at_value());
        };
        if end - start > self.limits.digits {
            return Err(self.stuck().long_number(end, self.limits.digits));
        }
        self.at = end;
        Ok(Number { text: self.text[start..end].into() })
    }

    /// Whether a letter or a digit is at `at`, so that a word or number before it has not ended.
    fn goes_on(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric() || *byte == b'_',
            Some(_) => self.text[at..].starts_with(char::is_alphanumeric),
            None => false,
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn stuck(&self) -> Stuck<'_> {
        Stuck { text: self.text, at: self.at, open: &self.open }
    }
}

/// Where the number that starts at `at` ends, if it is one in JSON's grammar.
pub(crate) fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let whole = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = digits(whole)?;
    if bytes[whole] == b'0' && end > whole + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        end = digits(end + 1 + usize::from(signed))?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_quotes_and_brackets_and_no_blanks() {
        let text = " { \"é\" : [ 1e3 , \"x\\n\" , { } ] }\n";
        let root = read(text).unwrap();
        assert_eq!(root.span.of(text), "{ \"é\" : [ 1e3 , \"x\\n\" , { } ] }");
        let (key, list) = root.v.member("é").unwrap();
        assert_eq!((key.span.of(text), list.span.of(text)), ("\"é\"", "[ 1e3 , \"x\\n\" , { } ]"));
        let values = list.v.as_array().unwrap();
        let parts: Vec<_> = values.iter().map(|value| value.span.of(text)).collect();
        assert_eq!(parts, ["1e3", "\"x\\n\"", "{ }"]);
        assert_eq!(values[1].v.as_text(), Some("x\n"));
    }

    #[test]
    fn pairs_stay_in_order_and_may_repeat_a_key() {
        let root = read(r#"{"b": 1, "a": {"b": 2}, "b": [3]}"#).unwrap();
        let keys: Vec<_> = root.v.as_object().unwrap().iter().map(|(key, _)| &*key.v).collect();
        assert_eq!(keys, ["b", "a", "b"]);
        assert_eq!(root.v.get("b").unwrap().v, Json::from(Number::from(1_u64)));
    }

    #[test]
    fn every_escape_is_resolved() {
        let root = read(r#""\"\\\/\b\f\n\r\t\u00e9\u00E9\ud83d\uDD25\u0000""#).unwrap();
        assert_eq!(root.v.as_text(), Some("\"\\/\u{8}\u{c}\n\r\téé🔥\0"));
    }

    #[test]
    fn a_number_may_be_beyond_every_machine_number() {
        let root = read("1e999").unwrap();
        let number = root.v.as_number().unwrap();
        assert_eq!((&*number.text, number.as_f64()), ("1e999", None));
    }
}
