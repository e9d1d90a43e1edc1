//! Cuts a matte into inside and outside.

use pellucid_graph::comfy::{ComfyClass, float, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::morphology::{above, threshold};
use pellucid_value::Value;

const IN: In<Matte> = In::new("matte", "The matte to work on.");
const LEVEL: Param<f64> =
    Param::float("level", 0.5, "What is at least this is inside, 0 to 1.").range(0.0, 1.0);
const SOFTNESS: Param<f64> =
    Param::float("softness", 0.0, "Width of the ramp around the level, in values of the matte.")
        .range(0.0, 2.0);
const STRICT: Param<bool> =
    Param::bool("strict", false, "What equals the level is outside; without a ramp.");
const OUT: Out<Matte> = Out::new("matte", "1 inside, 0 outside.");

/// The record of `matte_threshold`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_threshold".into(),
        family: "matte".into(),
        docs: "Cuts a matte into inside and outside: 1 where it is at least `level`, else 0. With \
               a softness the result is clamp((value - level) / softness + 1/2)."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![LEVEL.decl(), SOFTNESS.decl(), STRICT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![threshold_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn threshold_mask() -> ComfyClass {
    ComfyClass::new("ThresholdMask", "ThresholdMask")
        .input(socket("mask", "MASK").to(IN))
        .input(float("value", 0.5, 0.0..=1.0).to(LEVEL))
        .always(STRICT, true)
        .output(output("MASK").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (level, softness) = (cx.param(LEVEL) as f32, cx.param(SOFTNESS) as f32);
    let matte = cx.input(IN);
    let strict = cx.param(STRICT) && softness == 0.0;
    let cut = if strict { above(&matte, level) } else { threshold(&matte, level, softness) };
    Ok(vec![OUT.put(cut)])
}
