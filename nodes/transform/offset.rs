//! Shifts a picture on its canvas.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Edge;
use pellucid_pixel::transform::{offset, offset_fact, offset_matte};
use pellucid_value::{Raster, Value};

use crate::frames::{each_raster, image_part, raster_bytes};

const IN: In<Raster> = In::new("image", "An image or a matte.");
const X: Param<f64> = Param::float("x", 0.0, "Pixels to the right.").range(-65535.0, 65535.0);
const Y: Param<f64> = Param::float("y", 0.0, "Pixels down.").range(-65535.0, 65535.0);
const EDGE: Choice<Edge> = Choice::new(
    "edge",
    &Edge::NAMES,
    "What comes in; `repeat` wraps round, so that nothing is lost.",
);
const OUT: Out<Raster> = Out::new("image", "The shifted picture, of the same size.");

/// The record of `offset`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "offset".into(),
        family: "transform".into(),
        docs: "Shifts a picture on its canvas. Whole shifts copy pixels exactly; fractions are \
               interpolated linearly and give premultiplied pixels."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![X.decl(), Y.decl(), EDGE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (fact, dx, dy) = (cx.fact(IN), cx.param(X) as f32, cx.param(Y) as f32);
    if (dx, dy) == (0.0, 0.0) {
        return Ok(Checked::Forward("image"));
    }
    cx.needs(2 * raster_bytes(fact));
    let edge = cx.choice(EDGE);
    let shifted = image_part(fact, |fact| offset_fact(&fact, dx, dy, edge));
    Ok(Checked::Facts(vec![OUT.fact(shifted)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (dx, dy, edge) = (cx.param(X) as f32, cx.param(Y) as f32, cx.choice(EDGE));
    let shifted = each_raster(
        cx,
        &cx.input(IN),
        |frame| offset(frame, dx, dy, edge),
        |frame| offset_matte(frame, dx, dy, edge),
    )?;
    Ok(vec![OUT.put(shifted)])
}
