//! Windows of 77 tokens, which is what CLIP reads.

use std::sync::Arc;

use candle_core::Tensor;

use super::vocabulary::{END, START};
use crate::checkpoint::ClipKind;

/// Tokens in a window, start and end included.
pub const WINDOW: usize = 77;

/// The shortest word that is cut in two where a window ends; shorter ones move on whole.
const LONG_WORD: usize = 8;

/// A prompt as CLIP reads it.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The windows; at least one.
    pub windows: Vec<Window>,
    /// What was left out of the prompt and why.
    pub warnings: Vec<String>,
}

/// 77 places.
pub type Window = Vec<Place>;

/// One place of a window.
#[derive(Clone, Debug)]
pub struct Place {
    /// What stands there.
    pub token: Token,
    /// Its weight; 1 is plain.
    pub weight: f64,
    /// The number of its word from 1; 0 for start, end and padding.
    pub word: usize,
}

/// A token of the vocabulary or a vector of a textual inversion.
#[derive(Clone, Debug)]
pub enum Token {
    /// The id of a token.
    Id(u32),
    /// A vector that stands in for the embedding of a token.
    Vector(Arc<Tensor>),
}

/// The window of an empty prompt.
pub fn empty_window(kind: ClipKind) -> Window {
    let mut window = vec![special(START)];
    finish(&mut window, kind);
    window
}

/// Adds empty windows to the shorter of two prompts for the two encoders of SDXL.
pub fn pad_to_same_length(l: &mut Tokens, g: &mut Tokens) {
    let length = l.windows.len().max(g.windows.len());
    l.windows.resize_with(length, || empty_window(ClipKind::L));
    g.windows.resize_with(length, || empty_window(ClipKind::BigG));
}

/// Fills windows with words; `words` are tokens and a weight for all of them.
///
/// A long word is cut where its window ends, what is left of it counts as long too.
pub(super) fn into_windows(words: Vec<(Vec<Token>, f64)>, kind: ClipKind) -> Vec<Window> {
    let (mut done, mut window) = (Vec::new(), vec![special(START)]);
    for (index, (tokens, weight)) in words.into_iter().enumerate() {
        let is_long = tokens.len() >= LONG_WORD;
        let mut places = tokens.into_iter().map(|token| Place { token, weight, word: index + 1 });
        while places.len() > WINDOW - 1 - window.len() {
            if is_long {
                let room = WINDOW - 1 - window.len();
                window.extend(places.by_ref().take(room));
            }
            finish(&mut window, kind);
            done.push(std::mem::replace(&mut window, vec![special(START)]));
        }
        window.extend(places);
    }
    finish(&mut window, kind);
    done.push(window);
    done
}

/// The id that fills a window.
pub(super) fn padding(kind: ClipKind) -> u32 {
    match kind {
        ClipKind::L => END,
        ClipKind::BigG => 0,
    }
}

fn finish(window: &mut Window, kind: ClipKind) {
    window.push(special(END));
    window.resize_with(WINDOW, || special(padding(kind)));
}

fn special(id: u32) -> Place {
    Place { token: Token::Id(id), weight: 1.0, word: 0 }
}
