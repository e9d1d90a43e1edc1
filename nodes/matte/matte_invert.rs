//! Exchanges inside and outside.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::Matte;
use pellucid_pixel::morphology::invert;
use pellucid_value::Value;

const IN: In<Matte> = In::new("matte", "The matte to work on.");
const OUT: Out<Matte> = Out::new("matte", "One minus every value.");

/// The record of `matte_invert`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_invert".into(),
        family: "matte".into(),
        docs: "Exchanges inside and outside of a matte: 1 - value.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![],
        outputs: vec![OUT.decl()],
        comfy: vec![invert_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn invert_mask() -> ComfyClass {
    ComfyClass::new("InvertMask", "InvertMask")
        .input(socket("mask", "MASK").to(IN))
        .output(output("MASK").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(invert(&cx.input(IN)))])
}
