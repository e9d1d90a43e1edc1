//! What wires carry: values, socket types, facts.
//!
//! Kinds of *value* are a closed enum: about ten, and each new one is an event. Kinds of *node*
//! are open records and live elsewhere. A value is immutable and cheap to clone; its fact is what
//! is known of it before it exists.

mod codec;
mod fact;
mod table;
mod value;
mod wire;

pub use codec::{DamagedValue, from_bytes, to_bytes};
pub use fact::{Fact, LayerFact, LayerFactContent, LayersFact, SocketType};
pub use table::Table;
pub use value::Value;
pub use wire::{Raster, RasterFact, Wire};
