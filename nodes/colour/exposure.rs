//! Makes a picture lighter or darker by stops.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::exposure;
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const STOPS: Param<f64> =
    Param::float("stops", 0.0, "Each stop doubles the light, each below 0 halves it.")
        .range(-32.0, 32.0);
const OUT: Out<Image> = Out::new("image", "The picture in other light; nothing is clamped.");

/// The record of `exposure`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "exposure".into(),
        family: "colour".into(),
        docs: "Multiplies light by 2^stops. An sRGB-encoded picture is taken to linear light and \
               back; alpha and the encoding stay."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![STOPS.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if cx.param(STOPS) as f32 == 0.0 {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(exposure(&cx.input(IN), cx.param(STOPS) as f32))])
}
