//! The pieces all networks are made of: thin structs over tensors, each with its exact formula.
//!
//! Pictures and feature maps are `[batch, channels, height, width]`, token sequences `[batch, tokens, width]`.
//! A block computes in the type its weights were loaded as; norms and softmax always compute in f32.

mod activation;
mod attention;
mod conv;
mod embedding;
mod error;
mod linear;
mod norm;
mod resize;
mod source;

pub use activation::{gelu, silu};
pub use attention::attend;
pub use conv::Conv2d;
pub use embedding::{SinusoidOrder, sinusoids, sinusoids_with};
pub use error::NetworkError;
pub use linear::Linear;
pub use norm::{GroupNorm, LayerNorm};
pub use resize::{NearestRule, pad_right_and_bottom, resize_nearest, resize_nearest_exact};
pub use source::Source;

pub(crate) use error::input_error;
