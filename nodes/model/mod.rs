//! What is done to models before they draw.

pub mod apply_lora;
pub mod free_u;
pub mod model_sampling;
pub mod rescale_cfg;
pub(crate) mod steps;
