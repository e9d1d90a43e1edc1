//! The operations on tensors in the CPU's memory, with gradients.
//!
//! Activations are f32; weights may also be f16 or bf16 and are widened while they are packed.

mod activation;
mod attention;
mod conv;
mod linear;
mod map;
mod norm;
mod storage;
#[cfg(test)]
mod tests;

pub use activation::{geglu, gelu, silu};
pub use attention::{attention, causal_attention};
pub use conv::conv2d;
pub use linear::linear;
pub use map::{add, map_of_tokens, pick, tokens_of_map};
pub use norm::{group_norm, layer_norm};
pub use storage::serves;
