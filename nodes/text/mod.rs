//! From prompts to conditioning, and what is done to either.

pub mod apply_clip_lora;
pub mod average_conditioning;
pub mod clip_skip;
pub mod combine_conditioning;
pub mod concat_conditioning;
pub mod conditioning_area;
pub mod conditioning_mask;
pub mod conditioning_window;
pub mod encode_prompt;
pub mod encode_prompt_sdxl;
mod joining;
pub mod zero_conditioning;
