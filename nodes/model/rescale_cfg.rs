//! Keeps the contrast of strong guidance in bounds.

use pellucid_graph::comfy::{ComfyClass, float, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_value::{ModelStep, Value};

use super::steps::{MODEL_IN, MODEL_OUT, with_step};

const SHARE: Param<f64> = Param::float(
    "share",
    0.7,
    "The share of the result whose contrast is brought back to that of the answer to the prompt alone.",
)
.range(0.0, 1.0);

/// The record of `rescale_cfg`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "rescale_cfg".into(),
        family: "model".into(),
        docs: "Brings the contrast of guided answers back to that of the answer to the prompt alone, by a share (Lin et al. 2024, section 3.4).".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl()],
        params: vec![SHARE.decl()],
        outputs: vec![MODEL_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("RescaleCFG", "RescaleCFG")
        .input(socket("model", "MODEL").to(MODEL_IN))
        .input(float("multiplier", 0.7, 0.0..=1.0).to(SHARE))
        .output(output("MODEL").from(MODEL_OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![MODEL_OUT.fact(cx.fact(MODEL_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let model = cx.input(MODEL_IN);
    let step = ModelStep::RescaleCfg(cx.param(SHARE));
    Ok(vec![MODEL_OUT.put(with_step(&model, model.fact, step))])
}
