//! Pictures from files, and made from nothing.

pub mod batch;
pub mod checkerboard;
pub mod gradient;
pub mod load_checkpoint;
pub mod load_clip;
pub mod load_controlnet;
pub mod load_diffusion_model;
pub mod load_image;
pub mod load_images;
pub mod load_latent;
pub mod load_vae;
pub mod pick_frame;
pub mod pick_frames;
pub mod repeat_frames;
pub mod solid;
