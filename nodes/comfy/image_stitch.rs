//! `ImageStitch`

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, combo, flag, int, output, socket};

/// Two pictures side by side, or the first where there is no second.
pub fn class() -> ComfyClass {
    ComfyClass::new("ImageStitch", "Image Stitch")
        .input(socket("image1", "IMAGE"))
        .input(combo("direction", &["right", "down", "left", "up"]))
        .input(flag("match_image_size", true))
        .input(int("spacing_width", 0, 0..=1024))
        .input(combo("spacing_color", &["white", "black", "red", "green", "blue"]))
        .input(socket("image2", "IMAGE").optional())
        .output(output("IMAGE"))
        .rewrite(stitch)
}

fn stitch(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let first = cx.wire("image1")?;
    let Some(second) = cx.wire_if_given("image2")? else {
        cx.output(0, first);
        return Ok(());
    };
    // The smaller picture lies on white only where the gap is white.
    let (gap, padding) = match cx.text("spacing_color")?.as_str() {
        "white" => ("#ffffff", "#ffffff"),
        "red" => ("#ff0000", "#000000"),
        "green" => ("#00ff00", "#000000"),
        "blue" => ("#0000ff", "#000000"),
        _ => ("#000000", "#000000"),
    };
    let gap = cx.derived("spacing_color", gap);
    let (side, matched) = (cx.literal("direction")?, cx.literal("match_image_size")?);
    let width = cx.literal("spacing_width")?;
    let both = cx.node("stitch").wire("a", first).wire("b", second);
    let both = both.set("side", side).set("match_size", matched).set("gap", width);
    let both = both.set("gap_colour", gap).set("padding", padding).add();
    cx.output(0, both.out("image"));
    Ok(())
}
