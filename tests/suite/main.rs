//! The suite: everything here goes through the front door.

mod bad_values;
mod evaluation;
mod explaining;
mod fixtures;
mod golden;
mod kinds;
mod language;
mod random_edits;
mod schema;
mod watching;
