//! The ways one picture can meet another.

mod mode;

pub use mode::{Family, Mode};
