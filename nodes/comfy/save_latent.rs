//! `SaveLatent`

use pellucid_graph::comfy::{ComfyClass, SaveAs, socket, text};

/// A latent as a numbered file.
pub fn class() -> ComfyClass {
    ComfyClass::new("SaveLatent", "Save Latent")
        .input(socket("samples", "LATENT"))
        .input(text("filename_prefix", "latents/ComfyUI"))
        .output_node()
        .rewrite(|cx| {
            let (latent, prefix) = (cx.wire("samples")?, cx.literal("filename_prefix")?);
            cx.save(latent, SaveAs::Latent { prefix });
            Ok(())
        })
}
