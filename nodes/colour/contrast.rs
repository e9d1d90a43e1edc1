//! Scales the distance of colour from a pivot.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::contrast;
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const CONTRAST: Param<f64> =
    Param::float("contrast", 1.0, "Factor; 1 changes nothing, 0 leaves the pivot only.")
        .range(0.0, 100.0);
const PIVOT: Param<f64> =
    Param::float("pivot", 0.5, "The value that stays, in the encoding of the picture.")
        .range(-16.0, 16.0);
const OUT: Out<Image> = Out::new("image", "The picture with other contrast; nothing is clamped.");

/// The record of `contrast`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "contrast".into(),
        family: "colour".into(),
        docs: "Scales the distance of every channel from a pivot: (v - pivot) * contrast + pivot, \
               in the encoding of the picture."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![CONTRAST.decl(), PIVOT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if cx.param(CONTRAST) as f32 == 1.0 {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (factor, pivot) = (cx.param(CONTRAST) as f32, cx.param(PIVOT) as f32);
    Ok(vec![OUT.put(contrast(&cx.input(IN), factor, pivot))])
}
