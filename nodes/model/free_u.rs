//! Strengthens a UNet's backbone against its skips.

use pellucid_graph::comfy::{ComfyClass, float, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_value::{ModelStep, Value};

use super::steps::{MODEL_IN, MODEL_OUT, with_step};

const B1: Param<f64> =
    Param::float("b1", 1.3, "Factor on half of the deepest level's features.").range(0.0, 10.0);
const B2: Param<f64> =
    Param::float("b2", 1.4, "Factor on half of the next level's features.").range(0.0, 10.0);
const S1: Param<f64> =
    Param::float("s1", 0.9, "Factor on the low frequencies of the deepest skips.").range(0.0, 10.0);
const S2: Param<f64> =
    Param::float("s2", 0.2, "Factor on the low frequencies of the next skips.").range(0.0, 10.0);

/// The record of `free_u`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "free_u".into(),
        family: "model".into(),
        docs: "Rescales the features that a UNet brings up against those it skips over (FreeU, Si et al. 2023, second version): more of the first gives firmer shapes, less of the second fewer stray details.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl()],
        params: vec![B1.decl(), B2.decl(), S1.decl(), S2.decl()],
        outputs: vec![MODEL_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("FreeU_V2", "FreeU_V2")
        .input(socket("model", "MODEL").to(MODEL_IN))
        .input(float("b1", 1.3, 0.0..=10.0).to(B1))
        .input(float("b2", 1.4, 0.0..=10.0).to(B2))
        .input(float("s1", 0.9, 0.0..=10.0).to(S1))
        .input(float("s2", 0.2, 0.0..=10.0).to(S2))
        .output(output("MODEL").from(MODEL_OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![MODEL_OUT.fact(cx.fact(MODEL_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let model = cx.input(MODEL_IN);
    let backbone = [cx.param(B1), cx.param(B2)];
    let step = ModelStep::FreeU { backbone, skip: [cx.param(S1), cx.param(S2)] };
    Ok(vec![MODEL_OUT.put(with_step(&model, model.fact, step))])
}
