//! Turns noise levels round.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Run, RunFn};
use pellucid_value::Value;

use super::levels::{LEVELS, LEVELS_OUT, of, value};

/// The record of `schedule_flip`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "schedule_flip".into(),
        family: "sample".into(),
        docs: "Turns noise levels round, to go from a picture to its noise. A first level of zero is raised a little, since nothing can be divided by it.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LEVELS.decl()],
        params: vec![],
        outputs: vec![LEVELS_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("FlipSigmas", "FlipSigmas")
        .input(socket("sigmas", "SIGMAS").to(LEVELS))
        .output(output("SIGMAS").from(LEVELS_OUT))
}

fn check(_: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![LEVELS_OUT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    const ALMOST_ZERO: f32 = 0.0001;
    let mut levels = of(&cx.input(LEVELS), LEVELS)?;
    levels.reverse();
    if let Some(first) = levels.first_mut().filter(|first| **first == 0.0) {
        *first = ALMOST_ZERO;
    }
    Ok(vec![value(&levels)])
}
