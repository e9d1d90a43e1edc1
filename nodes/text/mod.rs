//! From prompts to conditioning.

pub mod encode_prompt;
