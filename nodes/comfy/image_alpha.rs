//! Alpha taken off and put on, where a MASK is 1 minus alpha.

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, Wired, combo_as, output, socket};

/// `SplitImageWithAlpha`
pub fn split_image_with_alpha() -> ComfyClass {
    ComfyClass::new("SplitImageWithAlpha", "Split Image with Alpha")
        .input(socket("image", "IMAGE"))
        .output(output("IMAGE"))
        .output(output("MASK"))
        .rewrite(|cx| {
            let image = cx.wire("image")?;
            let split = cx.node("alpha_split").wire("image", image).add();
            let mask = inverted(cx, split.out("matte"));
            cx.output(0, split.out("image"));
            cx.output(1, mask);
            Ok(())
        })
}

/// `JoinImageWithAlpha`: one picture or one MASK serves many of the other; ComfyUI drops what has
/// no partner.
pub fn join_image_with_alpha() -> ComfyClass {
    ComfyClass::new("JoinImageWithAlpha", "Join Image with Alpha")
        .input(socket("image", "IMAGE"))
        .input(socket("alpha", "MASK"))
        .output(output("IMAGE"))
        .rewrite(|cx| {
            let (image, mask) = (cx.wire("image")?, cx.wire("alpha")?);
            let sized = cx.helper("interpolate_like");
            let sized = sized.wire("image", mask).wire("like", image.clone()).add();
            let matte = inverted(cx, sized.out("image"));
            let join = cx.node("alpha_join").wire("image", image).wire("matte", matte).add();
            cx.output(0, join.out("image"));
            Ok(())
        })
}

/// `PorterDuffImageComposite`
pub fn porter_duff_image_composite() -> ComfyClass {
    let modes = [
        ("ADD", "add"),
        ("CLEAR", "clear"),
        ("DARKEN", "darken"),
        ("DST", "dst"),
        ("DST_ATOP", "dst_atop"),
        ("DST_IN", "dst_in"),
        ("DST_OUT", "dst_out"),
        ("DST_OVER", "dst_over"),
        ("LIGHTEN", "lighten"),
        ("MULTIPLY", "multiply"),
        ("OVERLAY", "overlay"),
        ("SCREEN", "screen"),
        ("SRC", "src"),
        ("SRC_ATOP", "src_atop"),
        ("SRC_IN", "src_in"),
        ("SRC_OUT", "src_out"),
        ("SRC_OVER", "src_over"),
        ("XOR", "xor"),
    ];
    ComfyClass::new("PorterDuffImageComposite", "Porter-Duff Image Composite")
        .input(socket("source", "IMAGE"))
        .input(socket("source_alpha", "MASK"))
        .input(socket("destination", "IMAGE"))
        .input(socket("destination_alpha", "MASK"))
        .input(combo_as("mode", &modes).default_word("DST"))
        .output(output("IMAGE"))
        .output(output("MASK"))
        .rewrite(porter_duff)
}

fn porter_duff(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let mode = cx.text("mode")?.to_lowercase();
    let mode = cx.derived("mode", mode);
    let (source, source_mask) = (cx.wire("source")?, cx.wire("source_alpha")?);
    let (destination, mask) = (cx.wire("destination")?, cx.wire("destination_alpha")?);
    let source = fitted(cx, source, &destination);
    let fg = joined(cx, source, source_mask, &destination);
    let bg = joined(cx, destination.clone(), mask, &destination);
    let both = cx.node("transfer").wire("bg", bg).wire("fg", fg).set("mode", mode).add();
    let split = cx.helper("alpha_split").wire("image", both.out("image")).add();
    let mask = inverted(cx, split.out("matte"));
    cx.output(0, split.out("image"));
    cx.output(1, mask);
    Ok(())
}

/// The picture with the MASK, cut and scaled to the size of `like`, as its alpha.
fn joined(cx: &mut Rewrite, image: Wired, mask: Wired, like: &Wired) -> Wired {
    let mask = fitted(cx, mask, like);
    let matte = inverted(cx, mask);
    let join = cx.helper("alpha_join").wire("image", image).wire("matte", matte);
    join.add().out("image")
}

/// What it takes to be as large as `like`.
fn fitted(cx: &mut Rewrite, image: Wired, like: &Wired) -> Wired {
    let sized = cx.helper("interpolate_like").wire("image", image).wire("like", like.clone());
    sized.set("filter", "bicubic").set("crop", "centre").add().out("image")
}

fn inverted(cx: &mut Rewrite, matte: Wired) -> Wired {
    cx.helper("matte_invert").wire("matte", matte).add().out("matte")
}
