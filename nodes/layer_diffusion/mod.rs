//! LayerDiffuse: layers with real transparency, alone, together, and given each other.

mod classes;
pub mod decode_joint;
pub mod decode_layer;
pub mod encode_condition;
pub mod encode_layer;
pub mod every_nth;
pub mod frames_from_batch;
pub mod harmlessness;
pub mod latent_frame;
pub mod layer_conditioned;
pub mod layer_foreground;
pub mod layer_given;
pub mod layer_joint;
pub mod load_layer_codec;
pub mod transparency;

pub use classes::CLASSES;
