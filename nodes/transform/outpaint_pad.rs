//! Adds room to be painted, and says where.

use pellucid_graph::comfy::{ComfyClass, ComfyInput, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::batch::image_frame;
use pellucid_pixel::outpaint::{Room, outpaint, outpaint_fact};
use pellucid_pixel::{Image, Matte, MatteFact};
use pellucid_value::Value;

use crate::frames::{each, frame_bytes, joined};
use crate::limits::admit;

const IN: In<Image> = In::new("image", "The picture.");
const LEFT: Param<u32> = Param::<u32>::int("left", 0, "Pixels added on the left.").range(0, 65535);
const TOP: Param<u32> = Param::<u32>::int("top", 0, "Pixels added at the top.").range(0, 65535);
const RIGHT: Param<u32> =
    Param::<u32>::int("right", 0, "Pixels added on the right.").range(0, 65535);
const BOTTOM: Param<u32> =
    Param::<u32>::int("bottom", 0, "Pixels added at the bottom.").range(0, 65535);
const FEATHER: Param<u32> = Param::<u32>::int(
    "feather",
    40,
    "How far the matte reaches into the picture, in pixels; not at all unless both sides of the \
     picture are longer than twice this.",
)
.range(0, 16384);
const OUT: Out<Image> =
    Out::new("image", "The picture with grey room around it: opaque as it was, or straight.");
const MATTE: Out<Matte> = Out::new("matte", "1 where there is room, fading out in the picture.");

/// The record of `outpaint_pad`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "outpaint_pad".into(),
        family: "transform".into(),
        docs: "Adds room of middle grey (every channel is 0.5) around a picture, and gives the \
               matte of what is to be painted: 1 in the room, and in the picture ((feather - d) / \
               feather)^2 at a distance d from a side that has room."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![LEFT.decl(), TOP.decl(), RIGHT.decl(), BOTTOM.decl(), FEATHER.decl()],
        outputs: vec![OUT.decl(), MATTE.decl()],
        comfy: vec![image_pad_for_outpaint()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_pad_for_outpaint() -> ComfyClass {
    let side = |name: &str, param: Param<u32>| -> ComfyInput { int(name, 0, 0..=16384).to(param) };
    ComfyClass::new("ImagePadForOutpaint", "Pad Image for Outpainting")
        .input(socket("image", "IMAGE").to(IN))
        .input(side("left", LEFT))
        .input(side("top", TOP))
        .input(side("right", RIGHT))
        .input(side("bottom", BOTTOM))
        .input(int("feathering", 40, 0..=16384).to(FEATHER))
        .output(output("IMAGE").from(OUT))
        .output(output("MASK").from(MATTE))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = outpaint_fact(&cx.fact(IN), room(cx.params()));
    let (width, height) = admit(fact.width.into(), fact.height.into(), LEFT)?;
    cx.needs(2 * frame_bytes(fact));
    Ok(Checked::Facts(vec![OUT.fact(fact), MATTE.fact(MatteFact::new(width, height))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, room) = (cx.input(IN), room(cx.params()));
    let frames =
        each(cx, image.fact.batch, |index| Ok(outpaint(&image_frame(&image, index), room)))?;
    let matte = frames[0].1.clone();
    let padded = joined(frames.into_iter().map(|(image, _)| image).collect());
    Ok(vec![OUT.put(padded), MATTE.put(matte)])
}

fn room(params: Params) -> Room {
    Room {
        left: params.get(LEFT),
        top: params.get(TOP),
        right: params.get(RIGHT),
        bottom: params.get(BOTTOM),
        feather: params.get(FEATHER),
    }
}
