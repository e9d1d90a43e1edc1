//! Text in quotes, and its escapes.

use super::{Read, Reader};

impl Reader<'_> {
    /// Reads the text whose opening quote is looked at, up to and with its closing quote.
    pub(super) fn quoted(&mut self) -> Read<String> {
        let opening = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut run = self.at;
        loop {
            let rest = &self.bytes[self.at..];
            self.at += rest.iter().take_while(|&&byte| IS_PLAIN[byte as usize]).count();
            match self.peek() {
                Some(b'"') => {
                    text.push_str(&self.text[run..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(&self.text[run..self.at]);
                    text.push(self.escape(opening)?);
                    run = self.at;
                }
                _ => return Err(self.stuck().in_text(opening)),
            }
        }
    }

    fn escape(&mut self, opening: usize) -> Read<char> {
        let character = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(opening),
            _ => return Err(self.stuck().at_escape(opening)),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self, opening: usize) -> Read<char> {
        let Some(unit) = code_unit(self.bytes, self.at) else {
            return Err(self.stuck().at_escape(opening));
        };
        if let Some(character) = char::from_u32(unit) {
            self.at += 6;
            return Ok(character);
        }
        match code_unit(self.bytes, self.at + 6) {
            Some(low @ 0xdc00..=0xdfff) if unit < 0xdc00 => {
                self.at += 12;
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                Ok(char::from_u32(code).expect("two surrogates make a character"))
            }
            _ => Err(self.stuck().at_lone_surrogate(unit)),
        }
    }
}

/// The UTF-16 unit of the `\u` escape that starts at `at`, if there is a whole one.
pub(crate) fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// The bytes that stand for themselves inside quotes.
const IS_PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        plain[control] = false;
        control += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};
