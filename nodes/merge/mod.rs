//! Puts pictures together.

#[expect(clippy::module_inception, reason = "the kind `merge` lives in the family `merge`")]
pub mod merge;
