//! Merging and flattening against pictures that other programs made, and against algebra.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]
#![allow(clippy::print_stdout, reason = "what is skipped or compared is said aloud")]

mod against_programs;
mod flattening;
mod laws;
mod psd;
mod reference;
