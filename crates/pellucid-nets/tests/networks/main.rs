//! The networks against numbers that the reference implementations computed.

mod controlnet;
mod fixture;
mod synthetic;
mod unet;
mod vae;
