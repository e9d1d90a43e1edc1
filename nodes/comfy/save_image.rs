//! `SaveImage`

use pellucid_graph::comfy::{ComfyClass, SaveAs, output, socket, text};

/// Pictures as numbered PNG files.
pub fn class() -> ComfyClass {
    ComfyClass::new("SaveImage", "Save Image")
        .input(socket("images", "IMAGE"))
        .input(text("filename_prefix", "ComfyUI"))
        .output(output("IMAGE").named("images"))
        .output_node()
        .rewrite(|cx| {
            let (image, prefix) = (cx.wire("images")?, cx.literal("filename_prefix")?);
            cx.output(0, image.clone());
            cx.save(image, SaveAs::Image { prefix });
            Ok(())
        })
}
