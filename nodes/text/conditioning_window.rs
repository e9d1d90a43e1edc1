//! Limits when a prompt counts.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, float, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Conditioning, Prompt, Value, Window};

const CONDITIONING_IN: In<Arc<Conditioning>> = In::new("conditioning", "The encoded prompts.");
const START: Param<f64> = Param::float(
    "start",
    0.0,
    "Where it begins to count, as a part of the way from noise to picture.",
)
.range(0.0, 1.0);
const END: Param<f64> = Param::float("end", 1.0, "Where it ceases to count.").range(0.0, 1.0);
const CONDITIONING: Out<Arc<Conditioning>> =
    Out::new("conditioning", "The same prompts, at their time.");

/// The record of `conditioning_window`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "conditioning_window".into(),
        family: "text".into(),
        docs: "Limits a prompt to a part of the way from noise (0) to picture (1). Early steps lay out the picture, late ones its details.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CONDITIONING_IN.decl()],
        params: vec![START.decl(), END.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ConditioningSetTimestepRange", "ConditioningSetTimestepRange")
        .input(socket("conditioning", "CONDITIONING").to(CONDITIONING_IN))
        .input(float("start", 0.0, 0.0..=1.0).to(START))
        .input(float("end", 1.0, 0.0..=1.0).to(END))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![CONDITIONING.fact(cx.fact(CONDITIONING_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let window = Window { start: cx.param(START), end: cx.param(END) };
    let limited = cx.input(CONDITIONING_IN).map(|prompt| Prompt { window, ..prompt.clone() });
    Ok(vec![CONDITIONING.put(limited.into())])
}
