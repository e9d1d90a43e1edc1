//! The networks against numbers that the reference implementations computed.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod controlnet;
mod fixture;
mod layer_diffuse;
mod sharing;
mod synthetic;
mod unet;
mod vae;
