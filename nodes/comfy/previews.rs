//! Previews: looks at values, written over by the next run.

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, SaveAs, Stands, output, socket};

/// `PreviewImage`
pub fn preview_image() -> ComfyClass {
    ComfyClass::new("PreviewImage", "Preview Image")
        .input(socket("images", "IMAGE"))
        .output(output("IMAGE").named("images"))
        .output_node()
        .rewrite(|cx| {
            let image = cx.wire("images")?;
            cx.output(0, image.clone());
            cx.save(image, SaveAs::Preview { suffix: "png" });
            Ok(())
        })
}

/// `MaskPreview`: the mask as grey.
pub fn mask_preview() -> ComfyClass {
    ComfyClass::new("MaskPreview", "Preview Mask")
        .input(socket("mask", "MASK"))
        .output(output("MASK").named("mask"))
        .output_node()
        .rewrite(|cx| {
            let mask = cx.wire("mask")?;
            cx.output(0, mask.clone());
            cx.save(mask, SaveAs::Preview { suffix: "png" });
            Ok(())
        })
}

/// `PreviewAny`: pictures as pictures, numbers and texts as JSON. What is written down in the
/// workflow itself needs no preview.
pub fn preview_any() -> ComfyClass {
    ComfyClass::new("PreviewAny", "Preview as Text")
        .input(socket("source", "*"))
        .output(output("STRING"))
        .output_node()
        .rewrite(preview)
}

fn preview(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let suffix = match cx.type_given("source") {
        "IMAGE" | "MASK" => "png",
        "INT" | "FLOAT" | "STRING" | "BOOLEAN" | "SIGMAS" => "json",
        other => {
            let message = format!("a value of type {other} cannot be shown as text");
            return Err(ComfyTrouble::at("source", message).hint("take the preview out"));
        }
    };
    match cx.given("source").cloned() {
        Some(Stands::Literal(literal)) => cx.output(0, literal),
        _ => {
            let source = cx.wire("source")?;
            cx.save(source, SaveAs::Preview { suffix });
        }
    }
    Ok(())
}
