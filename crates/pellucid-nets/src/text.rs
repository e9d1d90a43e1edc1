//! From a prompt to conditioning: weights syntax, CLIP tokens, text encoders.

mod clean;
mod clip;
mod encode;
mod error;
mod inversion;
mod prompt;
mod tokenize;
mod vocabulary;
mod windows;

pub use clean::Cleaning;
pub use clip::{ClipEncoder, StopAt};
pub use encode::{Encoded, Options, encode_sd15, encode_sdxl};
pub use error::TextError;
pub use inversion::{FindInversion, Inversion, NoInversions};
pub use prompt::{Segment, weighted_segments};
pub use tokenize::{Tokenizer, token_ids};
pub use windows::{Place, Token, Tokens, WINDOW, Window, empty_window, pad_to_same_length};
