//! The pieces all networks are made of: thin structs over tensors, each with its exact formula.
//!
//! Pictures and feature maps are `[batch, channels, height, width]`, token sequences `[batch, tokens, width]`.
//! On the CPU everything is computed in f32 by the crate `pellucid-kernels`, whatever type the weights are held
//! in; elsewhere a block computes in the type of its weights, with norms and softmax in f32.

mod activation;
mod attention;
mod conv;
mod embedding;
mod error;
mod linear;
mod map;
mod norm;
mod resize;
mod source;

pub use activation::{geglu, gelu, quick_gelu, silu};
pub(crate) use attention::softmax;
pub use attention::{attend, attend_causally};
pub use conv::Conv2d;
pub use embedding::{SinusoidOrder, sinusoids, sinusoids_with};
pub use error::NetworkError;
pub use linear::Linear;
pub use map::{add, to_map, to_tokens};
pub use norm::{GroupNorm, LayerNorm};
pub use resize::{NearestRule, pad_right_and_bottom, resize_nearest, resize_nearest_exact};
pub use source::Source;

pub(crate) use error::input_error;
