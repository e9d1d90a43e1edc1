//! Upscaling networks, which there are none of here.

use pellucid_graph::FilePlace;
use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Stands, file, output, socket};

/// `UpscaleModelLoader`
pub fn upscale_model_loader() -> ComfyClass {
    ComfyClass::new("UpscaleModelLoader", "Load Upscale Model")
        .input(file("model_name", FilePlace::Weights("upscale_models")))
        .output(output("UPSCALE_MODEL"))
        .rewrite(|cx| {
            cx.output(0, Stands::Nothing("upscale models are not supported".into()));
            Ok(())
        })
}

/// `ImageUpscaleWithModel`
pub fn image_upscale_with_model() -> ComfyClass {
    ComfyClass::new("ImageUpscaleWithModel", "Upscale Image (using Model)")
        .input(socket("upscale_model", "UPSCALE_MODEL"))
        .input(socket("image", "IMAGE"))
        .output(output("IMAGE"))
        .rewrite(|_| {
            Err(ComfyTrouble::new("upscale models are not supported")
                .hint("scale with `ImageScaleBy` instead, or take the node out"))
        })
}
