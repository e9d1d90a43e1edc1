//! Reads a matte from one channel of a picture.

use pellucid_graph::comfy::{ComfyClass, combo, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_pixel::channel::{Channel, read_channel};
use pellucid_pixel::{Image, ImageFact, Matte, MatteFact};
use pellucid_value::Value;

const IMAGE: In<Image> = In::new("image", "The picture.");
const CHANNEL: Choice<Channel> = Choice::new(
    "channel",
    &Channel::NAMES,
    "What is read; `luminance` is 0.2126 R + 0.7152 G + 0.0722 B of the encoded values.",
);
const OUT: Out<Matte> = Out::new("matte", "The channel, held to 0..1.");

/// The record of `matte_from_channel`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_from_channel".into(),
        family: "matte".into(),
        docs: "Reads a matte from one channel of a picture. Colour is read straight: that of a \
               premultiplied picture is divided by alpha first. The alpha of an opaque picture \
               is 1."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGE.decl()],
        params: vec![CHANNEL.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_to_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

/// Alpha is read as it is: ComfyUI turns it over when it loads a picture, not here.
fn image_to_mask() -> ComfyClass {
    ComfyClass::new("ImageToMask", "Convert Image to Mask")
        .input(socket("image", "IMAGE").to(IMAGE))
        .input(combo("channel", &["red", "green", "blue", "alpha"]).to(CHANNEL))
        .output(output("MASK").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let ImageFact { width, height, batch, .. } = cx.fact(IMAGE);
    Ok(Checked::Facts(vec![OUT.fact(MatteFact { width, height, batch })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(read_channel(&cx.input(IMAGE), cx.choice(CHANNEL)))])
}
