//! Foreign text made fit to be shown: nothing in a file may steer a terminal or hide in it.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every control, direction-changing and invisible character spelt as `<U+001B>`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    text.chars().for_each(|character| push_printable(&mut shown, character));
    Cow::Owned(shown)
}

/// Adds a character as [`printable`] shows it.
pub(crate) fn push_printable(shown: &mut String, character: char) {
    if is_printable(character) {
        shown.push(character);
    } else {
        write!(shown, "<U+{:04X}>", u32::from(character)).expect("a string takes all text");
    }
}

/// Adds text in quotes as JSON has it, with no more escapes than it asks for.
pub(crate) fn push_json_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match json_letter(character) {
            Some(letter) => json.extend(['\\', letter]),
            None if character < ' ' => {
                write!(json, "\\u{:04x}", u32::from(character)).expect("a string takes all text");
            }
            None => json.push(character),
        }
    }
    json.push('"');
}

/// How many characters [`push_json_text`] writes for one.
pub(crate) fn json_len(character: char) -> usize {
    match json_letter(character) {
        Some(_) => 2,
        None if character < ' ' => 6,
        None => 1,
    }
}

/// The letter behind the backslash of a short escape.
fn json_letter(character: char) -> Option<char> {
    Some(match character {
        '"' | '\\' => character,
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => return None,
    })
}

/// Text from a file in backticks, fit to be shown and shortened in its middle.
pub(crate) fn tick(text: &str) -> String {
    const LONGEST: usize = 40;
    let text = text.trim_end();
    if text.chars().nth(LONGEST).is_none() {
        return format!("`{}`", printable(text));
    }
    let head: String = text.chars().take(LONGEST - 10).collect();
    let mut tail: Vec<char> = text.chars().rev().take(9).collect();
    tail.reverse();
    let tail: String = tail.into_iter().collect();
    format!("`{}…{}`", printable(&head), printable(&tail))
}

/// The joiners U+200C and U+200D count as printable: emoji and several scripts are written with them.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_stays() {
        assert_eq!(
            printable("a\u{1b}[31m\u{9b}b\r\n\t"),
            "a<U+001B>[31m<U+009B>b<U+000D><U+000A><U+0009>"
        );
        assert_eq!(printable("a\u{202e}b\u{200b}\u{feff}"), "a<U+202E>b<U+200B><U+FEFF>");
    }

    #[test]
    fn ordinary_text_of_any_script_stays_as_it_is() {
        let text = "prompt: 柴火 é 👩\u{200d}🚀 ✔\u{fe0f}";
        assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn long_text_is_shortened_in_its_middle() {
        assert_eq!(tick("short"), "`short`");
        let long = "0123456789".repeat(5);
        assert_eq!(tick(&long), "`012345678901234567890123456789…123456789`");
    }
}
