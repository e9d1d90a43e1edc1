//! Text, spans, JSON with places, diagnostics and how they print.
//!
//! A file comes in as bytes ([`decode`]), becomes a tree whose keys and values remember where they
//! were written ([`read`]), and whatever is wrong with it goes out as a [`Diagnostic`], for people
//! ([`render`]) or for programs ([`to_json`]). [`layout`] writes a tree back in its canonical form.

mod decode;
mod diagnostic;
mod duplicate;
mod escape;
mod explain;
mod json;
mod layout;
mod machine;
mod nearest;
mod number;
mod read;
mod render;
mod sources;
mod span;
mod trouble;

pub use decode::{decode, lossy_text};
pub use diagnostic::{Diagnostic, Note, Severity, sort_and_dedup};
pub use duplicate::duplicate_keys;
pub use escape::printable;
pub use json::{Json, Member};
pub use layout::{Style, layout};
pub use machine::to_json;
pub use nearest::{did_you_mean, nearest};
pub use number::{NotFinite, Number};
pub use read::{Limits, MAX_BYTES, MAX_DEPTH, MAX_DIGITS, MAX_VALUES, read, read_within};
pub use render::render;
pub use sources::{Position, Source, Sources};
pub use span::{FileId, Place, Span, Spanned};
pub use trouble::Trouble;
