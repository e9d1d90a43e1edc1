//! Makes a picture of one colour.

use pellucid_graph::comfy::{ComfyClass, int, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

const WIDTH: Param<u32> = Param::<u32>::int("width", 512, "Width in pixels.").range(1, 16384);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 512, "Height in pixels.").range(1, 16384);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.5, 0.5, 0.5, 1.0], "The colour; with alpha below 1 it is straight.");
const BATCH: Param<u32> =
    Param::<u32>::int("batch", 1, "How many pictures of it there are.").range(1, 4096);
const IMAGE: Out<Image> = Out::new("image", "The picture; opaque when the colour is.");

/// The record of `solid`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "solid".into(),
        family: "load".into(),
        docs: "Makes a picture of one colour.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![WIDTH.decl(), HEIGHT.decl(), COLOUR.decl(), BATCH.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![empty_image()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn empty_image() -> ComfyClass {
    ComfyClass::new("EmptyImage", "EmptyImage")
        .input(int("width", 512, 1..=16384).to(WIDTH))
        .input(int("height", 512, 1..=16384).to(HEIGHT))
        .input(int("batch_size", 1, 1..=4096).to(BATCH))
        .input(int("color", 0, 0..=0xFF_FFFF).as_colour().to(COLOUR))
        .output(output("IMAGE").from(IMAGE))
}

fn fact(params: Params) -> ImageFact {
    let alpha = if params.get(COLOUR)[3] == 1.0 { Alpha::Opaque } else { Alpha::Straight };
    let batch = params.get(BATCH);
    ImageFact { batch, ..ImageFact::new(params.get(WIDTH), params.get(HEIGHT), alpha) }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![IMAGE.fact(fact(cx.params()))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![IMAGE.put(Image::filled(fact(cx.params()), cx.param(COLOUR)))])
}
