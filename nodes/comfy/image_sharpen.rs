//! `ImageSharpen`

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, float, int, output, socket};

/// Sharpens by ten times what is asked for, as ComfyUI does.
pub fn class() -> ComfyClass {
    ComfyClass::new("ImageSharpen", "Image Sharpen")
        .input(socket("image", "IMAGE"))
        .input(int("sharpen_radius", 1, 1..=31))
        .input(float("sigma", 1.0, 0.1..=10.0))
        .input(float("alpha", 1.0, 0.0..=5.0))
        .output(output("IMAGE"))
        .rewrite(sharpen)
}

fn sharpen(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let (image, alpha) = (cx.wire("image")?, cx.float("alpha")?);
    let (radius, sigma) = (cx.literal("sharpen_radius")?, cx.literal("sigma")?);
    let amount = cx.derived("alpha", alpha * 10.0);
    let sharp = cx.node("window_sharpen").wire("image", image).set("radius", radius);
    let sharp = sharp.set("sigma", sigma).set("amount", amount).add();
    cx.output(0, sharp.out("image"));
    Ok(())
}
