//! Fades a matte out towards the borders of the picture.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::morphology::{Ramps, feather_border};
use pellucid_value::Value;

const IN: In<Matte> = In::new("matte", "The matte to work on.");
const LEFT: Param<u32> =
    Param::<u32>::int("left", 0, "Width of the ramp at the left border, in pixels.")
        .range(0, 65535);
const TOP: Param<u32> =
    Param::<u32>::int("top", 0, "Height of the ramp at the top border, in pixels.").range(0, 65535);
const RIGHT: Param<u32> =
    Param::<u32>::int("right", 0, "Width of the ramp at the right border, in pixels.")
        .range(0, 65535);
const BOTTOM: Param<u32> =
    Param::<u32>::int("bottom", 0, "Height of the ramp at the bottom border, in pixels.")
        .range(0, 65535);
const WRAPPED: Param<bool> = Param::bool(
    "wrapped",
    false,
    "Begin the ramps of right and bottom one pixel further out, on the first column and row: a \
     slip that ComfyUI's FeatherMask is known for.",
);
const OUT: Out<Matte> = Out::new("matte", "The matte with soft borders.");

/// The record of `matte_feather_border`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_feather_border".into(),
        family: "matte".into(),
        docs:
            "Fades a matte out towards the borders of the picture: value k of a ramp of n pixels \
               is multiplied by (k + 1) / n. For the edges inside a matte there is `matte_feather`."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![LEFT.decl(), TOP.decl(), RIGHT.decl(), BOTTOM.decl(), WRAPPED.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![feather_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn feather_mask() -> ComfyClass {
    ComfyClass::new("FeatherMask", "FeatherMask")
        .input(socket("mask", "MASK").to(IN))
        .input(int("left", 0, 0..=16384).to(LEFT))
        .input(int("top", 0, 0..=16384).to(TOP))
        .input(int("right", 0, 0..=16384).to(RIGHT))
        .input(int("bottom", 0, 0..=16384).to(BOTTOM))
        .always(WRAPPED, true)
        .output(output("MASK").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let Ramps { left, top, right, bottom, .. } = ramps(cx.params());
    if [left, top, right, bottom] == [0; 4] {
        return Ok(Checked::Forward("matte"));
    }
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(feather_border(&cx.input(IN), ramps(cx.params())))])
}

fn ramps(params: Params) -> Ramps {
    Ramps {
        left: params.get(LEFT),
        top: params.get(TOP),
        right: params.get(RIGHT),
        bottom: params.get(BOTTOM),
        wrapped: params.get(WRAPPED),
    }
}
