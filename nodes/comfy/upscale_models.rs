//! Upscaling networks: a loader, which is no node here, and what takes what it loads.

use pellucid_graph::comfy::{Bundle, ComfyClass, file, output, socket};

use crate::transform::upscale::PLACE;

const FILE: &str = "file";

/// `UpscaleModelLoader`
pub fn upscale_model_loader() -> ComfyClass {
    ComfyClass::new("UpscaleModelLoader", "Load Upscale Model")
        .input(file("model_name", PLACE))
        .output(output("UPSCALE_MODEL"))
        .rewrite(|cx| {
            let file = cx.literal("model_name")?;
            cx.output(0, Bundle::of([(FILE, file.into())]));
            Ok(())
        })
}

/// `ImageUpscaleWithModel`
pub fn image_upscale_with_model() -> ComfyClass {
    ComfyClass::new("ImageUpscaleWithModel", "Upscale Image (using Model)")
        .input(socket("upscale_model", "UPSCALE_MODEL"))
        .input(socket("image", "IMAGE"))
        .output(output("IMAGE"))
        .rewrite(|cx| {
            let file = cx.bundle("upscale_model")?.literal(FILE)?;
            let image = cx.wire("image")?;
            let made = cx.node("upscale").wire("image", image).set(FILE, file).add();
            cx.output(0, made.out("image"));
            Ok(())
        })
}
