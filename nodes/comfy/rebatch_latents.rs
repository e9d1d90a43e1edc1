//! `RebatchLatents`: here a batch may be of any size, and each latent keeps its noise.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};

/// The same latents: drawn one after the other or at once, they become the same pictures.
pub fn class() -> ComfyClass {
    ComfyClass::new("RebatchLatents", "Rebatch Latents")
        .input(socket("latents", "LATENT"))
        .input(int("batch_size", 1, 1..=4096))
        .output(output("LATENT"))
        .rewrite(|cx| {
            let latents = cx.wire("latents")?;
            cx.output(0, latents);
            Ok(())
        })
}
