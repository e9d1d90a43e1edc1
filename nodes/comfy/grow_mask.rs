//! `GrowMask`

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, flag, int, output, socket};

/// Grows a MASK by so many steps of one pixel, or shrinks it where they are below 0.
pub fn class() -> ComfyClass {
    ComfyClass::new("GrowMask", "GrowMask")
        .input(socket("mask", "MASK"))
        .input(int("expand", 0, -16384..=16384))
        .input(flag("tapered_corners", true))
        .output(output("MASK"))
        .rewrite(grow)
}

fn grow(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let (mask, expand) = (cx.wire("mask")?, cx.int("expand")?);
    let kind = if expand < 0 { "matte_erode" } else { "matte_dilate" };
    let shape = if cx.flag("tapered_corners")? { "diamond" } else { "square" };
    let radius = cx.derived("expand", expand.abs());
    let shape = cx.derived("tapered_corners", shape);
    let grown = cx.node(kind).wire("matte", mask).set("radius", radius).set("shape", shape);
    let grown = grown.set("outside", "ignored").add();
    cx.output(0, grown.out("matte"));
    Ok(())
}
