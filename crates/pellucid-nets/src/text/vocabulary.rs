//! CLIP's byte-pair vocabulary.
//!
//! `clip_merges.bin` holds the 48,894 merges of OpenAI's CLIP as pairs of little-endian 16-bit token
//! ids. Ids 0 to 255 are bytes, 256 to 511 bytes at the end of a word, then come the merges in the
//! order of their rank, then the start and the end token. See `clip_merges.LICENSE`.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The token that starts a window.
pub(super) const START: u32 = 49406;
/// The token that ends a window, and fills CLIP-L's.
pub(super) const END: u32 = 49407;

const MERGES: &[u8] = include_bytes!("clip_merges.bin");

/// From a pair of tokens to the token that they become; the lower, the earlier.
fn merges() -> &'static HashMap<(u16, u16), u16> {
    static TABLE: OnceLock<HashMap<(u16, u16), u16>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let pair =
            |&[a, b, c, d]: &[u8; 4]| (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        MERGES.as_chunks::<4>().0.iter().map(pair).zip(512..).collect()
    })
}

/// The tokens of one word.
///
/// Neighbours of the lowest rank are joined, all of that pair from left to right, until none can be.
pub(super) fn word_tokens(word: &str) -> Vec<u32> {
    let mut tokens: Vec<u16> = word.bytes().map(byte_token).collect();
    if let Some(last) = tokens.last_mut() {
        *last += 256;
    }
    let table = merges();
    loop {
        let best = tokens.windows(2).filter_map(|pair| {
            let merged = table.get(&(pair[0], pair[1]))?;
            Some((*merged, (pair[0], pair[1])))
        });
        let Some((merged, pair)) = best.min() else { break };
        join(&mut tokens, pair, merged);
    }
    tokens.into_iter().map(u32::from).collect()
}

fn join(tokens: &mut Vec<u16>, pair: (u16, u16), merged: u16) {
    let mut kept = 0;
    let mut index = 0;
    while index < tokens.len() {
        let joins = tokens.get(index + 1).is_some_and(|&next| (tokens[index], next) == pair);
        tokens[kept] = if joins { merged } else { tokens[index] };
        index += if joins { 2 } else { 1 };
        kept += 1;
    }
    tokens.truncate(kept);
}

/// Printable bytes of Latin-1 come first, in their order, then the others in theirs.
fn byte_token(byte: u8) -> u16 {
    let byte = u16::from(byte);
    match byte {
        33..=126 => byte - 33,
        161..=172 => byte - 161 + 94,
        174..=255 => byte - 174 + 106,
        0..=32 => byte + 188,
        127..=160 => byte - 127 + 221,
        _ => 255,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_token_each() {
        let mut tokens: Vec<u16> = (0..=255).map(byte_token).collect();
        tokens.sort_unstable();
        assert!(tokens.into_iter().eq(0..256));
    }

    #[test]
    fn the_merges_end_where_the_special_tokens_begin() {
        assert_eq!(merges().len(), START as usize - 512);
    }

    #[test]
    fn words_are_joined_by_rank() {
        // Published with CLIP: "hi" is 1883, "there" 997.
        assert_eq!(word_tokens("hi"), [1883]);
        assert_eq!(word_tokens("there"), [997]);
    }
}
