//! Latents, and the way between them and pictures.

pub mod batch_latents;
pub mod composite_latents;
pub mod decode_latent;
pub mod empty_latent;
pub mod encode_for_inpaint;
pub mod encode_image;
mod items;
pub mod mask_latent;
pub mod pick_latents;
pub mod repeat_latents;
pub mod scale_latent;
