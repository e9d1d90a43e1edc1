//! Makes a picture of one colour.

use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Param, Run, RunFn};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

const WIDTH: Param<u32> = Param::<u32>::int("width", 512, "Width in pixels.").range(1, 16384);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 512, "Height in pixels.").range(1, 16384);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.5, 0.5, 0.5, 1.0], "The colour; with alpha below 1 it is straight.");
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
        params: vec![WIDTH.decl(), HEIGHT.decl(), COLOUR.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn fact(width: u32, height: u32, colour: [f32; 4]) -> ImageFact {
    let alpha = if colour[3] == 1.0 { Alpha::Opaque } else { Alpha::Straight };
    ImageFact::new(width, height, alpha)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = fact(cx.param(WIDTH), cx.param(HEIGHT), cx.param(COLOUR));
    Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let colour = cx.param(COLOUR);
    let fact = fact(cx.param(WIDTH), cx.param(HEIGHT), colour);
    Ok(vec![IMAGE.put(Image::filled(fact, colour))])
}
