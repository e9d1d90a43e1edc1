//! Transparent layers, made by rule from a seed, with captions.

pub mod background;
pub mod canvas;
pub mod colour;
pub mod control;
pub mod example;
pub mod folder;
mod noise;
pub mod pair;
pub mod sheet;
pub mod source;
pub mod thing;

pub use background::Place;
pub use canvas::Canvas;
pub use colour::Colour;
pub use example::{Example, Split, example, is_held_out};
pub use source::Source;
pub use thing::Thing;
