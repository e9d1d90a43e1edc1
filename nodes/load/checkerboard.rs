//! Makes a picture of squares of two colours.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::pattern::{Checkerboard, checkerboard, checkerboard_fact};
use pellucid_value::Value;

const WIDTH: Param<u32> = Param::<u32>::int("width", 512, "Width in pixels.").range(1, 16384);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 512, "Height in pixels.").range(1, 16384);
const SIZE: Param<u32> =
    Param::<u32>::int("size", 16, "Side of a square in pixels.").range(1, 16384);
const FIRST: Param<[f32; 4]> =
    Param::colour("first", [0.6, 0.6, 0.6, 1.0], "The colour of the top left square; straight.");
const SECOND: Param<[f32; 4]> =
    Param::colour("second", [0.4, 0.4, 0.4, 1.0], "The colour of the squares beside it; straight.");
const IMAGE: Out<Image> =
    Out::new("image", "The picture: opaque when both colours are, else straight.");

/// The record of `checkerboard`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "checkerboard".into(),
        family: "load".into(),
        docs: "Makes a picture of squares of two colours. Put under a picture it shows what is \
               clear."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![WIDTH.decl(), HEIGHT.decl(), SIZE.decl(), FIRST.decl(), SECOND.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = checkerboard_fact(cx.param(WIDTH), cx.param(HEIGHT), board(cx.params()));
    Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let board = board(cx.params());
    Ok(vec![IMAGE.put(checkerboard(cx.param(WIDTH), cx.param(HEIGHT), board))])
}

fn board(params: Params) -> Checkerboard {
    Checkerboard { side: params.get(SIZE), colours: [params.get(FIRST), params.get(SECOND)] }
}
