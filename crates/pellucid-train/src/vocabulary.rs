//! Captions as the tokens of CLIP, and the few tokens that captions use.

use std::collections::{BTreeMap, BTreeSet};

use pellucid_nets::checkpoint::ClipKind;
use pellucid_nets::text::{Cleaning, Token, Tokenizer, Window};

use crate::data::{Colour, Place, Thing};
use crate::error::TrainError;

/// Tokens of CLIP's vocabulary.
pub const ALL_TOKENS: usize = 49408;

/// The tokens that captions use, in rising order: a small table of embeddings stands for a large one.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// CLIP's ids; the place of an id is its id here.
    pub tokens: Vec<u32>,
    places: BTreeMap<u32, u32>,
}

impl Vocabulary {
    /// Of all captions that pictures made by rule can have, and of `more`.
    pub fn of<'a>(more: impl Iterator<Item = &'a str>) -> Result<Self, TrainError> {
        let mut words = vec![String::new(), "a an on a plain white background".into()];
        for thing in Thing::ALL {
            words.push(format!("{} {}", thing.manners().join(" "), thing.noun()));
        }
        words.extend(Colour::ALL.map(|colour| colour.name().to_owned()));
        for place in Place::ALL {
            words.push(place.phrase(Colour::White));
            words.push(place.noun(Colour::White));
        }
        words.extend(more.map(str::to_owned));
        let mut tokens = BTreeSet::new();
        for text in &words {
            tokens.extend(window(text)?);
        }
        let tokens: Vec<u32> = tokens.into_iter().collect();
        let places = (0..).zip(&tokens).map(|(place, &token)| (token, place)).collect();
        Ok(Self { tokens, places })
    }

    /// The first window of a caption in the small table's ids; an error for a word that is not in it.
    pub fn window(&self, caption: &str) -> Result<Vec<u32>, TrainError> {
        let place = |token: u32| {
            self.places.get(&token).copied().ok_or_else(|| {
                TrainError::Data(format!("`{caption}` has a word that was not trained on"))
            })
        };
        window(caption)?.into_iter().map(place).collect()
    }
}

/// The first 77 tokens of a text, in CLIP's ids.
pub fn window(text: &str) -> Result<Vec<u32>, TrainError> {
    let tokenizer =
        Tokenizer { kind: ClipKind::L, cleaning: Cleaning::default(), inversions: None };
    let tokens = tokenizer.tokenize(text)?;
    let first: &[_] = tokens.windows.first().map_or(&[], Window::as_slice);
    let id = |token: &Token| match token {
        Token::Id(id) => *id,
        // Nothing is looked up, so there are no vectors.
        Token::Vector(_) => 0,
    };
    Ok(first.iter().map(|place| id(&place.token)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Split, example};

    #[test]
    fn every_caption_made_by_rule_has_its_tokens() {
        let vocabulary = Vocabulary::of(std::iter::empty()).unwrap();
        assert!(vocabulary.tokens.len() < 200, "{}", vocabulary.tokens.len());
        for index in 0..40 {
            let example = example(9, index, 16, Split::Training);
            for caption in [&example.of_foreground, &example.of_background, &example.of_blend] {
                assert_eq!(vocabulary.window(caption).unwrap().len(), 77);
            }
        }
        assert!(vocabulary.window("a submarine").is_err());
    }
}
