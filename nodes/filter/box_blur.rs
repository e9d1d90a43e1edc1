//! Averages over squares.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Edge;
use pellucid_pixel::blur::{box_blur, box_blur_matte};
use pellucid_value::{Raster, Value};

use super::spread::{blurred, needs_frames};
use crate::frames::each_raster;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const RADIUS: Param<f64> = Param::float(
    "radius",
    1.0,
    "Pixels on each side of the middle; a fraction weighs the outermost.",
)
.range(0.0, 4096.0);
const EDGE: Choice<Edge> = Choice::new("edge", &Edge::NAMES, "What lies beyond the border.");
const OUT: Out<Raster> = Out::new(
    "image",
    "The blurred picture: premultiplied, or opaque as it was unless the edge is transparent.",
);

/// The record of `box_blur`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "box_blur".into(),
        family: "filter".into(),
        docs: "Averages over squares of 2 * radius + 1 pixels a side, on premultiplied pixels."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![RADIUS.decl(), EDGE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if cx.param(RADIUS) as f32 == 0.0 {
        return Ok(Checked::Forward("image"));
    }
    needs_frames(cx, fact, 3);
    Ok(Checked::Facts(vec![OUT.fact(blurred(fact, cx.choice(EDGE)))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (radius, edge) = (cx.param(RADIUS) as f32, cx.choice(EDGE));
    let blurred = each_raster(
        cx,
        &cx.input(IN),
        |frame| box_blur(frame, radius, edge),
        |frame| box_blur_matte(frame, radius, edge),
    )?;
    Ok(vec![OUT.put(blurred)])
}
