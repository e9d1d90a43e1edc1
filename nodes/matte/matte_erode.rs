//! Shrinks the inside of a matte.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::morphology::{Neighbourhood, Outside, Shape, erode};
use pellucid_value::Value;

use crate::frames::each_matte;

const IN: In<Matte> = In::new("matte", "The matte to work on.");
const RADIUS: Param<f64> = Param::float(
    "radius",
    1.0,
    "Pixels by which the inside shrinks; between whole radii two results are mixed.",
)
.range(0.0, 1024.0);
const SHAPE: Choice<Shape> = Choice::new(
    "shape",
    &Shape::NAMES,
    "The neighbourhood: `disc` keeps corners round, `square` keeps them square, `diamond` \
     cuts them off.",
);
const OUTSIDE: Choice<Outside> = Choice::new(
    "outside",
    &Outside::NAMES,
    "What lies beyond the border: `clear` is 0, `ignored` is not looked at.",
);
const OUT: Out<Matte> = Out::new("matte", "The smallest value around every pixel.");

/// The record of `matte_erode`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_erode".into(),
        family: "matte".into(),
        docs: "Shrinks the inside of a matte: every value becomes the smallest within the \
               radius. Bright specks smaller than that go."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![RADIUS.decl(), SHAPE.decl(), OUTSIDE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if cx.param(RADIUS) == 0.0 {
        return Ok(Checked::Forward("matte"));
    }
    let fact = cx.fact(IN);
    // Two whole radii that are mixed, and what a pass keeps of a frame.
    cx.needs(4 * fact.bytes() / u64::from(fact.batch));
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let within = Neighbourhood {
        shape: cx.choice(SHAPE),
        radius: cx.param(RADIUS) as f32,
        outside: cx.choice(OUTSIDE),
    };
    let matte = each_matte(cx, &cx.input(IN), |frame| erode(frame, within))?;
    Ok(vec![OUT.put(matte)])
}
