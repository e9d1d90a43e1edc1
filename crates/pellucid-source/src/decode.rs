//! From bytes to text: UTF-8 and nothing else, with a reason for all else.

use crate::explain::{byte_order_mark, nothing_here};
use crate::{Span, Trouble};

/// The text of a file that is UTF-8 without a byte order mark and not empty; the trouble's span is in bytes
/// of the file.
pub fn decode(bytes: &[u8]) -> Result<&str, Trouble> {
    if bytes.is_empty() {
        return Err(nothing_here(""));
    }
    if let Some(trouble) = foreign(bytes) {
        return Err(trouble);
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let at = error.valid_up_to();
    let Some(len) = error.error_len() else {
        let trouble = Trouble::new(Span::new(at, bytes.len()), "the file ends inside a character");
        return Err(trouble.hint("save it again: it seems to be cut off"));
    };
    let span = Span::new(at, at + len);
    let trouble = Trouble::new(span, format!("byte 0x{:02X} is not UTF-8", bytes[at]));
    Err(match latin_1(bytes[at]) {
        Some(letter) => {
            trouble.hint(format!("save the file as UTF-8; in Latin-1 the byte is `{letter}`"))
        }
        None => trouble.hint("save the file as UTF-8"),
    })
}

/// The text to show for a file whatever its bytes are: in UTF-16 by its byte order mark, else UTF-8, with
/// U+FFFD for what is neither.
pub fn lossy_text(bytes: &[u8]) -> String {
    match utf_16(bytes) {
        Some(wide) => {
            let units = bytes.chunks_exact(2).map(|pair| match wide {
                Wide::LittleEndian => u16::from_le_bytes([pair[0], pair[1]]),
                Wide::BigEndian => u16::from_be_bytes([pair[0], pair[1]]),
            });
            let text = char::decode_utf16(units);
            text.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The order of the bytes of a UTF-16 unit.
#[derive(Clone, Copy)]
enum Wide {
    LittleEndian,
    BigEndian,
}

/// What a file is by its first bytes, if it is none of ours.
fn foreign(bytes: &[u8]) -> Option<Trouble> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Some(byte_order_mark(Span::new(0, 3)));
    }
    if bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\0\0\xFE\xFF") {
        let trouble = Trouble::new(Span::empty(0), "the file is in UTF-32, not in UTF-8");
        return Some(trouble.hint("save it as UTF-8"));
    }
    if utf_16(bytes).is_some() {
        let trouble = Trouble::new(Span::empty(0), "the file is in UTF-16, not in UTF-8");
        return Some(trouble.hint("save it as UTF-8"));
    }
    const KINDS: [(&[u8], &str); 7] = [
        (b"\x89PNG\r\n", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"RIFF", "a RIFF file, perhaps a WebP picture"),
        (b"8BPS", "a Photoshop document"),
        (b"v/1\x01", "an OpenEXR picture"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1F\x8B", "a gzip archive"),
    ];
    let (_, kind) = KINDS.iter().find(|(start, _)| bytes.starts_with(start))?;
    let trouble = Trouble::new(Span::empty(0), format!("the file is {kind}, not JSON"));
    Some(trouble.hint("give the JSON file of a graph"))
}

/// Whether it is UTF-16: by its byte order mark, or because JSON starts with an ASCII character, which is
/// half zeros there.
fn utf_16(bytes: &[u8]) -> Option<Wide> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(Wide::LittleEndian),
        [0xFE, 0xFF, ..] => Some(Wide::BigEndian),
        [1..=0x7F, 0, 1..=0x7F, 0, ..] => Some(Wide::LittleEndian),
        [0, 1..=0x7F, 0, 1..=0x7F, ..] => Some(Wide::BigEndian),
        _ => None,
    }
}

/// The letter that a byte is in Latin-1, if it is one.
fn latin_1(byte: u8) -> Option<char> {
    Some(char::from(byte)).filter(|character| byte >= 0xA0 && character.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> (Span, String, String) {
        let trouble = decode(bytes).unwrap_err();
        (trouble.span, trouble.message, trouble.hint.unwrap())
    }

    #[test]
    fn utf_8_comes_through_as_it_is() {
        assert_eq!(decode("{ \"é\": \"🔥\u{feff}\" }".as_bytes()), Ok("{ \"é\": \"🔥\u{feff}\" }"));
    }

    #[test]
    fn an_empty_file_is_refused() {
        let (span, message, hint) = refused(b"");
        assert_eq!((span, message.as_str()), (Span::empty(0), "the file is empty"));
        assert_eq!(hint, "start with `{ \"pellucid\": 1, \"nodes\": {} }`");
    }

    #[test]
    fn a_byte_order_mark_is_refused() {
        let (span, message, hint) = refused(b"\xEF\xBB\xBF{}");
        assert_eq!(span, Span::new(0, 3));
        assert_eq!(message, "the file starts with a byte order mark (U+FEFF)");
        assert_eq!(hint, "save it as UTF-8 without a byte order mark");
    }

    #[test]
    fn other_encodings_are_named() {
        for bytes in [&b"\xFF\xFE{\0}\0"[..], b"\xFE\xFF\0{\0}", b"{\0}\0", b"\0{\0}"] {
            let (span, message, hint) = refused(bytes);
            assert_eq!(message, "the file is in UTF-16, not in UTF-8", "{bytes:?}");
            assert_eq!((span, hint.as_str()), (Span::empty(0), "save it as UTF-8"));
        }
        assert_eq!(refused(b"\xFF\xFE\0\0{\0\0\0").1, "the file is in UTF-32, not in UTF-8");
    }

    #[test]
    fn pictures_and_archives_are_named() {
        assert_eq!(refused(b"\x89PNG\r\n\x1a\n").1, "the file is a PNG picture, not JSON");
        assert_eq!(refused(b"PK\x03\x04....").1, "the file is a ZIP archive, not JSON");
        assert_eq!(refused(b"PK\x03\x04....").2, "give the JSON file of a graph");
    }

    #[test]
    fn the_first_byte_that_is_not_utf_8_is_shown() {
        let (span, message, hint) = refused(b"[\"caf\xE9\"]");
        assert_eq!((span, message.as_str()), (Span::new(5, 6), "byte 0xE9 is not UTF-8"));
        assert_eq!(hint, "save the file as UTF-8; in Latin-1 the byte is `é`");
        let (span, message, hint) = refused(b"[\"\xC3\xA9\x80\"]");
        assert_eq!((span, message.as_str()), (Span::new(4, 5), "byte 0x80 is not UTF-8"));
        assert_eq!(hint, "save the file as UTF-8");
    }

    #[test]
    fn a_file_cut_inside_a_character_is_seen_as_cut() {
        let (span, message, hint) = refused(b"[\"\xF0\x9F\x94");
        assert_eq!((span, message.as_str()), (Span::new(2, 5), "the file ends inside a character"));
        assert_eq!(hint, "save it again: it seems to be cut off");
    }

    #[test]
    fn any_bytes_can_be_shown() {
        assert_eq!(lossy_text(b"\xFF\xFE{\0}\0"), "\u{feff}{}");
        assert_eq!(lossy_text(b"\0{\0}"), "{}");
        assert_eq!(lossy_text(b"a\xFFb"), "a\u{fffd}b");
    }
}
