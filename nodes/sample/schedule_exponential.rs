//! Noise levels that fall evenly in their logarithm.

use pellucid_graph::comfy::{ComfyClass, float, int, output};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_nets::schedule::exponential_levels;
use pellucid_value::Value;

use super::levels::{LEVELS_OUT, SIGMA_MAX, SIGMA_MIN, STEPS, refuse_rising, value};

const POWER: Param<f64> =
    Param::float("power", 1.0, "The power of what is left that logarithms fall with; 1 is even.")
        .range(0.01, 100.0);

/// The record of `schedule_exponential`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "schedule_exponential".into(),
        family: "sample".into(),
        docs: "Gives noise levels between any ends whose logarithms fall evenly, or with a power of what is left.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![STEPS.decl(), SIGMA_MAX.decl(), SIGMA_MIN.decl(), POWER.decl()],
        outputs: vec![LEVELS_OUT.decl()],
        comfy: vec![comfy_class(), exponential_scheduler()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("PolyexponentialScheduler", "PolyexponentialScheduler")
        .input(int("steps", 20, 1..=10_000).to(STEPS))
        .input(float("sigma_max", 14.614642, 0.0..=5000.0).to(SIGMA_MAX))
        .input(float("sigma_min", 0.0291675, 0.0..=5000.0).to(SIGMA_MIN))
        .input(float("rho", 1.0, 0.0..=100.0).to(POWER))
        .output(output("SIGMAS").from(LEVELS_OUT))
}

fn exponential_scheduler() -> ComfyClass {
    ComfyClass::new("ExponentialScheduler", "ExponentialScheduler")
        .input(int("steps", 20, 1..=10_000).to(STEPS))
        .input(float("sigma_max", 14.614642, 0.0..=5000.0).to(SIGMA_MAX))
        .input(float("sigma_min", 0.0291675, 0.0..=5000.0).to(SIGMA_MIN))
        .output(output("SIGMAS").from(LEVELS_OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    refuse_rising(cx)?;
    Ok(Checked::Facts(vec![LEVELS_OUT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (low, high) = (cx.param(SIGMA_MIN), cx.param(SIGMA_MAX));
    let levels = exponential_levels(cx.param(STEPS) as usize, low, high, cx.param(POWER));
    Ok(vec![value(&levels)])
}
