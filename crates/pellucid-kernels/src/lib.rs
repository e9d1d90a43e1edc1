//! Fast CPU operations that candle lacks: convolution, attention, norm + activation, each beside a plain
//! reference.
//!
//! Functions on slices do the work; [`ops`] offers them on candle's tensors, with gradients. The instructions
//! are chosen at run time. The same input gives the same bits for any number of threads and for any batch the
//! input is part of, and on all machines with fused multiply-add: no sum depends on how work is split.

pub mod activation;
pub mod attention;
mod buffer;
pub mod conv;
pub mod linear;
mod math;
pub mod memory;
pub mod norm;
mod numbers;
pub mod ops;
mod pack;
pub mod sums;
mod tile;

pub use numbers::Numbers;
