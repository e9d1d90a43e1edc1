//! `Canny`

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, float, output, socket};

/// Thin edges, white on black.
pub fn class() -> ComfyClass {
    ComfyClass::new("Canny", "Canny")
        .input(socket("image", "IMAGE"))
        .input(float("low_threshold", 0.4, 0.01..=0.99))
        .input(float("high_threshold", 0.8, 0.01..=0.99))
        .output(output("IMAGE"))
        .rewrite(edges)
}

fn edges(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let image = cx.wire("image")?;
    let (low, high) = (cx.literal("low_threshold")?, cx.literal("high_threshold")?);
    let edges = cx.node("edges_canny").wire("image", image).set("low", low).set("high", high);
    let edges = edges.set("sigma", 1.0).set("norm", "l2").set("manner", "kornia").add();
    let shown = cx.helper("matte_to_image").wire("matte", edges.out("matte")).add();
    cx.output(0, shown.out("image"));
    Ok(())
}
