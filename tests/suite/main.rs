//! The suite: everything here goes through the front door.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and one that skips says so"
)]

mod bad_values;
mod comfy_files;
mod comfy_pictures;
mod damaged;
mod demo;
mod drawing;
mod evaluation;
mod every_kind;
mod explaining;
mod fixtures;
mod golden;
mod kinds;
mod language;
mod random_edits;
mod schema;
mod watching;
mod workflows;
