//! Noise levels that fall as Karras proposed.

use pellucid_graph::comfy::{ComfyClass, float, int, output};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_nets::schedule::karras_levels;
use pellucid_value::Value;

use super::levels::{LEVELS_OUT, SIGMA_MAX, SIGMA_MIN, STEPS, refuse_rising, value};

const RHO: Param<f64> =
    Param::float("rho", 7.0, "How much more steps there are at low levels than at high ones.")
        .range(0.01, 100.0);

/// The record of `schedule_karras`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "schedule_karras".into(),
        family: "sample".into(),
        docs: "Gives noise levels between any ends that are even in a root of sigma (Karras et al. 2022, equation 5).".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![STEPS.decl(), SIGMA_MAX.decl(), SIGMA_MIN.decl(), RHO.decl()],
        outputs: vec![LEVELS_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("KarrasScheduler", "KarrasScheduler")
        .input(int("steps", 20, 1..=10_000).to(STEPS))
        .input(float("sigma_max", 14.614642, 0.0..=5000.0).to(SIGMA_MAX))
        .input(float("sigma_min", 0.0291675, 0.0..=5000.0).to(SIGMA_MIN))
        .input(float("rho", 7.0, 0.0..=100.0).to(RHO))
        .output(output("SIGMAS").from(LEVELS_OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    refuse_rising(cx)?;
    Ok(Checked::Facts(vec![LEVELS_OUT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (low, high) = (cx.param(SIGMA_MIN), cx.param(SIGMA_MAX));
    let levels = karras_levels(cx.param(STEPS) as usize, low, high, cx.param(RHO));
    Ok(vec![value(&levels)])
}
