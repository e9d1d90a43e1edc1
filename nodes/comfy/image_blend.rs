//! `ImageBlend`

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, combo, float, output, socket};

/// Blends the second picture, cut and scaled to the size of the first, into it. Alpha becomes that
/// of both together; ComfyUI blends it like a colour.
pub fn class() -> ComfyClass {
    let modes = ["normal", "multiply", "screen", "overlay", "soft_light", "difference"];
    ComfyClass::new("ImageBlend", "Image Blend")
        .input(socket("image1", "IMAGE"))
        .input(socket("image2", "IMAGE"))
        .input(float("blend_factor", 0.5, 0.0..=1.0))
        .input(combo("blend_mode", &modes))
        .output(output("IMAGE"))
        .rewrite(blend)
}

fn blend(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let (first, second) = (cx.wire("image1")?, cx.wire("image2")?);
    let (factor, mode) = (cx.literal("blend_factor")?, cx.text("blend_mode")?);
    let mode = match mode.as_str() {
        "normal" => "over",
        // Not the distance of the two: what is below 0 is cut off in the end.
        "difference" => "subtract",
        same => same,
    };
    let mode = cx.derived("blend_mode", mode);
    let sized = cx.helper("interpolate_like").wire("image", second).wire("like", first.clone());
    let sized = sized.set("filter", "bicubic").set("crop", "centre").add();
    let both = cx.node("merge").wire("bg", first).wire("fg", sized.out("image"));
    let both = both.set("mode", mode).set("opacity", factor).set("clamp", "result").add();
    cx.output(0, both.out("image"));
    Ok(())
}
