//! From a prompt to windows of tokens.

use candle_core::Tensor;

use super::clean::{Class, Cleaning, class, cleaned};
use super::error::TextError;
use super::inversion::FindInversion;
use super::prompt::weighted_segments;
use super::vocabulary::{END, START, word_tokens};
use super::windows::{Token, Tokens, into_windows};
use crate::checkpoint::ClipKind;

/// What turns a prompt into tokens.
pub struct Tokenizer<'a> {
    /// The encoder that the tokens are for.
    pub kind: ClipKind,
    /// The tokenizer that is followed.
    pub cleaning: Cleaning,
    /// Where `embedding:NAME` is looked up; `None` makes it plain text.
    pub inversions: Option<&'a dyn FindInversion>,
}

/// The tokens of a plain text, without start, end or padding.
pub fn token_ids(text: &str, cleaning: Cleaning) -> Vec<u32> {
    let mut ids = Vec::new();
    let mut rest = text;
    while let Some((before, id, after)) = cut_at_special(rest) {
        plain_ids(&mut ids, before, cleaning);
        ids.push(id);
        rest = after;
    }
    plain_ids(&mut ids, rest, cleaning);
    ids
}

impl Tokenizer<'_> {
    /// The windows of a prompt; a prompt always has at least one.
    pub fn tokenize(&self, prompt: &str) -> Result<Tokens, TextError> {
        let (mut words, mut warnings) = (Vec::new(), Vec::new());
        for segment in weighted_segments(prompt) {
            for piece in pieces(&segment.text) {
                let mut text = piece;
                if let (Some(inversions), Some(name)) = (self.inversions, text.strip_prefix(MARK)) {
                    let (vectors, rest) = self.inversion(inversions, name, &mut warnings)?;
                    words.extend(vectors.map(|vectors| (vectors, segment.weight)));
                    if rest.is_empty() {
                        continue;
                    }
                    text = rest;
                }
                let ids = token_ids(&text, self.cleaning).into_iter().map(Token::Id);
                words.push((ids.collect(), segment.weight));
            }
        }
        Ok(Tokens { windows: into_windows(words, self.kind), warnings })
    }

    /// The vectors of the name at the start of a text, if there are any, and what comes after it.
    fn inversion(
        &self,
        inversions: &dyn FindInversion,
        text: &str,
        warnings: &mut Vec<String>,
    ) -> Result<(Option<Vec<Token>>, String), TextError> {
        let mut words = text.split_whitespace();
        let Some(name) = words.next() else { return Ok((None, String::new())) };
        let rest = words.collect::<Vec<_>>().join(" ");
        if let Some(found) = inversions.find(name)? {
            return Ok((Some(vectors(found.vectors(self.kind))?), rest));
        }
        let stripped = name.trim_matches(',');
        if stripped.len() == name.len() {
            warnings.push(format!("there is no embedding `{name}`; it is left out"));
            return Ok((None, rest));
        }
        let cut: String = name.chars().skip(stripped.chars().count()).collect();
        let rest = format!("{cut} {rest}");
        match inversions.find(stripped)? {
            Some(found) => Ok((Some(vectors(found.vectors(self.kind))?), rest)),
            None => {
                warnings.push(format!("there is no embedding `{stripped}`; it is left out"));
                Ok((None, rest))
            }
        }
    }
}

const MARK: &str = "embedding:";

const SPECIALS: [(&str, u32); 2] = [("<|startoftext|>", START), ("<|endoftext|>", END)];

/// What stands before the first special token, its id, and what stands after it.
fn cut_at_special(text: &str) -> Option<(&str, u32, &str)> {
    let found = SPECIALS.iter().filter_map(|(special, id)| {
        let at = text.find(special)?;
        Some((&text[..at], *id, &text[at + special.len()..]))
    });
    found.min_by_key(|(before, ..)| before.len())
}

fn vectors(found: &Tensor) -> Result<Vec<Token>, TextError> {
    let vector = |row| Ok(Token::Vector(found.get(row)?.into()));
    (0..found.dim(0)?).map(vector).collect()
}

/// Cuts a segment before every ` embedding:`; the blank goes.
fn pieces(text: &str) -> Vec<String> {
    let text = text.replace("\nembedding:", " embedding:");
    let mut pieces = text.split(" embedding:");
    let first = pieces.next().unwrap_or_default().to_owned();
    let marked = pieces.map(|piece| format!("{MARK}{piece}"));
    std::iter::once(first).chain(marked).filter(|piece| !piece.is_empty()).collect()
}

fn plain_ids(ids: &mut Vec<u32>, text: &str, cleaning: Cleaning) {
    let text = cleaned(text, cleaning);
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        if let Some((special, id)) = SPECIALS.iter().find(|(text, _)| rest.starts_with(text)) {
            ids.push(*id);
            rest = &rest[special.len()..];
        } else if class(first) == Class::Space {
            rest = &rest[first.len_utf8()..];
        } else {
            let (word, tail) = rest.split_at(word_length(rest, first));
            ids.extend(word_tokens(word));
            rest = tail;
        }
    }
}

/// The length in bytes of the word that a text starts with.
fn word_length(text: &str, first: char) -> usize {
    const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    if let Some(ending) = CONTRACTIONS.iter().find(|ending| text.starts_with(**ending)) {
        return ending.len();
    }
    let kind = class(first);
    if kind == Class::Number {
        return first.len_utf8();
    }
    text.find(|c| class(c) != kind).unwrap_or(text.len())
}
