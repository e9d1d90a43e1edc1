//! What CLIP's tokenizer does to a text before it is cut into words.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// Which of the tokenizers in use is followed; they differ in CJK and invisible characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cleaning {
    /// The tokenizer of transformers 4 without ftfy, which most installations have had.
    #[default]
    Usual,
    /// The tokenizer of transformers 5 and every "fast" one.
    Fast,
}

/// A text in the form that is cut into words.
pub(super) fn cleaned(text: &str, cleaning: Cleaning) -> String {
    match cleaning {
        Cleaning::Usual => {
            let spaced: String = text.chars().flat_map(usual).nfc().collect();
            words(&spaced).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
        }
        Cleaning::Fast => {
            let composed: String = text.nfc().collect();
            let mut spaced = String::new();
            for character in composed.chars() {
                if !character.is_whitespace() {
                    spaced.push(character);
                } else if !spaced.ends_with(' ') {
                    spaced.push(' ');
                }
            }
            spaced.to_lowercase()
        }
    }
}

/// A word's characters as letters, numbers or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Letter,
    Number,
    Space,
    Other,
}

pub(super) fn class(character: char) -> Class {
    use GeneralCategory as G;
    match get_general_category(character) {
        G::UppercaseLetter
        | G::LowercaseLetter
        | G::TitlecaseLetter
        | G::ModifierLetter
        | G::OtherLetter => Class::Letter,
        G::DecimalNumber | G::LetterNumber | G::OtherNumber => Class::Number,
        _ if character.is_whitespace() => Class::Space,
        _ => Class::Other,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(char::is_whitespace).filter(|word| !word.is_empty())
}

/// Drops what is invisible and puts blanks around ideographs.
fn usual(character: char) -> impl Iterator<Item = char> {
    use GeneralCategory as G;
    let category = get_general_category(character);
    let [before, kept, after] = match character {
        '\t' | '\n' | '\r' => [None, Some(' '), None],
        '\0' | '\u{fffd}' => [None; 3],
        _ if category == G::SpaceSeparator => [None, Some(' '), None],
        _ if matches!(
            category,
            G::Control | G::Format | G::Surrogate | G::PrivateUse | G::Unassigned
        ) =>
        {
            [None; 3]
        }
        _ if is_ideograph(character) => [Some(' '), Some(character), Some(' ')],
        _ => [None, Some(character), None],
    };
    [before, kept, after].into_iter().flatten()
}

fn is_ideograph(character: char) -> bool {
    matches!(
        character,
        '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2ceaf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{2f800}'..='\u{2fa1f}'
    )
}
