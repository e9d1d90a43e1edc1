//! What wires carry: values, socket types, facts.
//!
//! Kinds of *value* are a closed enum: about ten, and each new one is an event. Kinds of *node*
//! are open records and live elsewhere. A value is immutable and cheap to clone; its fact is what
//! is known of it before it exists.

mod array;
mod codec;
mod compute;
mod conditioning;
mod fact;
mod latent;
mod model;
mod residents;
mod table;
mod value;
mod weights;
mod wire;

pub use array::Array;
pub use codec::{DamagedValue, from_bytes, to_bytes};
pub use compute::{Compute, Device, Precision};
pub use conditioning::{
    Area, Concat, Conditioning, ConditioningFact, Control, Prompt, RegionMask, Sizes,
};
pub use fact::{Fact, LayerFact, LayerFactContent, LayersFact, SocketType};
pub use latent::{Latent, LatentFact};
pub use model::{
    Clip, ClipFact, ControlNet, ControlNetFact, Family, LayerCodec, LayerCodecFact, Model,
    ModelFact, ModelStep, Prediction, Sharing, Vae, VaeFact, Window,
};
pub use residents::Residents;
pub use table::Table;
pub use value::Value;
pub use weights::{WeightContent, WeightFile};
pub use wire::{Raster, RasterFact, Wire};
