//! Scales by a factor.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Raster, Value};

use super::scaling::{CLAMP, FILTER, LINEAR_LIGHT, check_resized, resized, size_of};
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const FACTOR: Param<f64> =
    Param::float("factor", 1.0, "What width and height are multiplied by.").range(0.0001, 1000.0);
const OUT: Out<Raster> =
    Out::new("image", "The picture at the new size: premultiplied, or opaque as it was.");

/// The record of `scale`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "scale".into(),
        family: "transform".into(),
        docs: "Scales by a factor; width and height are rounded to whole pixels, at least 1. \
               Filters as `resize` does."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![FACTOR.decl(), FILTER.decl(), LINEAR_LIGHT.decl(), CLAMP.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let size = target(fact.size(), cx.param(FACTOR))?;
    if size == fact.size() {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(check_resized(cx, fact, size))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let size = target(size_of(&raster), cx.param(FACTOR))?;
    Ok(vec![OUT.put(resized(cx, &raster, size)?)])
}

fn target((width, height): (u32, u32), factor: f64) -> Result<(u32, u32), NodeError> {
    let side = |side: u32| (f64::from(side) * factor).round().max(1.0) as u64;
    admit(side(width), side(height), FACTOR)
}
