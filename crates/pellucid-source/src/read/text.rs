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
            self.at += plain_run(&self.bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    let last = &self.text[run..self.at];
                    self.at += 1;
                    if text.is_empty() {
                        return Ok(last.to_owned());
                    }
                    text.push_str(last);
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

/// How many bytes at the start stand for themselves inside quotes: all but quotes, backslashes and control
/// characters. Looks at eight at a time, for text can be long.
fn plain_run(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, &chunk) in chunks.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(chunk));
        if special != 0 {
            return 8 * index + special.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |byte: &&u8| **byte >= 0x20 && !matches!(**byte, b'"' | b'\\');
    8 * chunks.len() + rest.iter().take_while(is_plain).count()
}

/// Sets the top bit of the lowest byte that does not stand for itself; bits above it mean nothing.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | equal(b'"') | equal(b'\\')) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_first_special_byte_wherever_it_is() {
        for special in 0..=255_u8 {
            let is_plain = special >= 0x20 && special != b'"' && special != b'\\';
            for at in 0..20 {
                let mut bytes = [b'!'; 20];
                bytes[at] = special;
                assert_eq!(plain_run(&bytes), if is_plain { 20 } else { at }, "{special} at {at}");
                bytes[at / 2..at].fill(0xff);
                bytes[at + 1..].fill(b'"');
                assert_eq!(plain_run(&bytes), at + usize::from(is_plain), "{special} at {at}");
            }
        }
    }
}
