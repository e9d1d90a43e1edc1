//! Softens the edges of a matte.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::morphology::{Side, feather};
use pellucid_value::Value;

use crate::frames::each_matte;

const IN: In<Matte> = In::new("matte", "The matte to work on.");
const SIGMA: Param<f64> =
    Param::float("sigma", 2.0, "Standard deviation of the ramp, in pixels.").range(0.0, 512.0);
const SIDE: Choice<Side> = Choice::new(
    "side",
    &Side::NAMES,
    "Where the ramp lies: `centred` on the edge, `inward` so that nothing grows, `outward` so \
     that nothing shrinks.",
);
const OUT: Out<Matte> = Out::new("matte", "The matte with soft edges.");

/// The record of `matte_feather`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_feather".into(),
        family: "matte".into(),
        docs: "Softens the edges of a matte with a Gaussian. Inward and outward shift the edge by \
               two sigma first and never exceed, or fall below, the matte. The border of the \
               picture is no edge."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SIGMA.decl(), SIDE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if cx.param(SIGMA) == 0.0 {
        return Ok(Checked::Forward("matte"));
    }
    let fact = cx.fact(IN);
    // A shifted frame, a blurred one, and what a pass keeps.
    cx.needs(4 * fact.bytes() / u64::from(fact.batch));
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (sigma, side) = (cx.param(SIGMA) as f32, cx.choice(SIDE));
    let matte = each_matte(cx, &cx.input(IN), |frame| feather(frame, sigma, side))?;
    Ok(vec![OUT.put(matte)])
}
