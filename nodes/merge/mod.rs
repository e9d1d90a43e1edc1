//! Puts pictures together.

pub mod alpha_over;
pub mod light_wrap;
#[expect(clippy::module_inception, reason = "the kind `merge` lives in the family `merge`")]
pub mod merge;
pub mod mix;
pub mod paste;
pub mod transfer;
