//! Cuts noise levels in two.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, float, int, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Param, Run, RunFn};
use pellucid_value::{Table, Value};

use super::levels::{LEVELS, of, value};

const STEP: Param<Option<u32>> =
    Param::<Option<u32>>::int_or_unset("step", "The step to cut before, from 0.").range(0, 10_000);
const DENOISE: Param<f64> = Param::float(
    "denoise",
    1.0,
    "The part of the steps that is in the second half, without `step`.",
)
.range(0.0, 1.0);
const HIGH: Out<Arc<Table>> = Out::new("high", "The levels from the first to the cut.");
const LOW: Out<Arc<Table>> = Out::new("low", "The levels from the cut to the last.");

/// The record of `schedule_split`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "schedule_split".into(),
        family: "sample".into(),
        docs: "Cuts noise levels in two at a step, so that one sampler takes over from another. The level at the cut is in both.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LEVELS.decl()],
        params: vec![STEP.decl(), DENOISE.decl()],
        outputs: vec![HIGH.decl(), LOW.decl()],
        comfy: vec![split_sigmas(), split_sigmas_denoise()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn split_sigmas() -> ComfyClass {
    ComfyClass::new("SplitSigmas", "SplitSigmas")
        .input(socket("sigmas", "SIGMAS").to(LEVELS))
        .input(int("step", 0, 0..=10_000).to(STEP))
        .output(output("SIGMAS").named("high_sigmas").from(HIGH))
        .output(output("SIGMAS").named("low_sigmas").from(LOW))
}

fn split_sigmas_denoise() -> ComfyClass {
    ComfyClass::new("SplitSigmasDenoise", "SplitSigmasDenoise")
        .input(socket("sigmas", "SIGMAS").to(LEVELS))
        .input(float("denoise", 1.0, 0.0..=1.0).to(DENOISE))
        .output(output("SIGMAS").named("high_sigmas").from(HIGH))
        .output(output("SIGMAS").named("low_sigmas").from(LOW))
}

fn check(_: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![HIGH.fact(()), LOW.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let levels = of(&cx.input(LEVELS), LEVELS)?;
    let steps = levels.len().saturating_sub(1);
    let cut = match cx.param(STEP) {
        Some(step) => (step as usize).min(steps),
        None => {
            let kept = (steps as f64 * cx.param(DENOISE)).round_ties_even() as usize;
            steps - kept.min(steps)
        }
    };
    let end = (cut + 1).min(levels.len());
    Ok(vec![value(&levels[..end]), value(&levels[cut.min(levels.len())..])])
}
