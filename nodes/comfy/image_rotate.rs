//! `ImageRotate`

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, combo, output, socket};

/// Quarter turns, clockwise.
pub fn class() -> ComfyClass {
    let turns = ["none", "90 degrees", "180 degrees", "270 degrees"];
    ComfyClass::new("ImageRotate", "Rotate Image")
        .input(socket("image", "IMAGE"))
        .input(combo("rotation", &turns))
        .output(output("IMAGE"))
        .rewrite(turn)
}

fn turn(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let (image, rotation) = (cx.wire("image")?, cx.text("rotation")?);
    let degrees = match rotation.split(' ').next() {
        Some("90") => 90,
        Some("180") => 180,
        Some("270") => 270,
        _ => 0,
    };
    let degrees = cx.derived("rotation", degrees);
    let turned = cx.node("rotate").wire("image", image).set("degrees", degrees);
    let turned = turned.set("expand", true).add();
    cx.output(0, turned.out("image"));
    Ok(())
}
