//! The noise levels that a sampler steps through.

use pellucid_diffusion::discretisation;
use pellucid_graph::comfy::{ComfyClass, combo, float, int, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_nets::schedule::partial_sigmas;
use pellucid_value::Value;

use super::levels::{LEVELS_OUT, STEPS, value};
use super::settings::{MODEL, SCHEDULE};
use crate::comfy::words::SCHEDULERS;

const DENOISE: Param<f64> = Param::float(
    "denoise",
    1.0,
    "The part of the way from noise to picture that is gone, its last.",
)
.range(0.0, 1.0);

/// The record of `schedule`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "schedule".into(),
        family: "sample".into(),
        docs: "Gives the noise levels that a sampler steps through, as the model knows them."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL.decl()],
        params: vec![SCHEDULE.decl(), STEPS.decl(), DENOISE.decl()],
        outputs: vec![LEVELS_OUT.decl()],
        comfy: vec![basic_scheduler()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn basic_scheduler() -> ComfyClass {
    ComfyClass::new("BasicScheduler", "BasicScheduler")
        .input(socket("model", "MODEL").to(MODEL))
        .input(combo("scheduler", SCHEDULERS).to(SCHEDULE))
        .input(int("steps", 20, 1..=10_000).to(STEPS))
        .input(float("denoise", 1.0, 0.0..=1.0).to(DENOISE))
        .output(output("SIGMAS").from(LEVELS_OUT))
}

fn check(_: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![LEVELS_OUT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let table = discretisation(&cx.input(MODEL).fact);
    let (steps, denoise) = (cx.param(STEPS) as usize, cx.param(DENOISE));
    Ok(vec![value(&partial_sigmas(cx.choice(SCHEDULE), &table, steps, denoise))])
}
