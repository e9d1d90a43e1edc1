//! Pictures from files: colour without alpha, and a MASK that is 1 where the picture is clear.

use pellucid_graph::FilePlace;
use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, combo, file, output};

/// `LoadImage`
pub fn load_image() -> ComfyClass {
    with_mask("LoadImage", "Load Image")
}

/// `LoadImageOutput`: the same, from among what was saved.
pub fn load_image_output() -> ComfyClass {
    with_mask("LoadImageOutput", "Load Image (from Outputs)")
}

/// `LoadImageMask`: one channel.
pub fn load_image_mask() -> ComfyClass {
    ComfyClass::new("LoadImageMask", "Load Image (as Mask)")
        .input(file("image", FilePlace::Picture).upload())
        .input(combo("channel", &["alpha", "red", "green", "blue"]))
        .output(output("MASK"))
        .rewrite(channel)
}

fn with_mask(name: &str, title: &str) -> ComfyClass {
    ComfyClass::new(name, title)
        .input(file("image", FilePlace::Picture).upload())
        .output(output("IMAGE"))
        .output(output("MASK"))
        .rewrite(colour_and_mask)
}

/// What has no alpha is solid, so its MASK is 0 everywhere (64 by 64 pixels of it in ComfyUI).
fn colour_and_mask(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let name = cx.literal("image")?;
    let picture = cx.node("load_image").set("file", name).add();
    let split = cx.helper("alpha_split").wire("image", picture.out("image")).add();
    let mask = cx.helper("matte_invert").wire("matte", split.out("matte")).add();
    cx.output(0, split.out("image"));
    cx.output(1, mask.out("matte"));
    Ok(())
}

fn channel(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let (name, channel) = (cx.literal("image")?, cx.literal("channel")?);
    let is_alpha = channel.json.as_text() == Some("alpha");
    let picture = cx.node("load_image").set("file", name).add();
    let read = cx.helper("matte_from_channel").wire("image", picture.out("image"));
    let read = read.set("channel", channel).add();
    let mask = if is_alpha {
        cx.helper("matte_invert").wire("matte", read.out("matte")).add()
    } else {
        read
    };
    cx.output(0, mask.out("matte"));
    Ok(())
}
