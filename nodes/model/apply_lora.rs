//! Adds a LoRA to a model.

use pellucid_diffusion::{inspection, lora_fits};
use pellucid_graph::comfy::{ComfyClass, file, float, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Param, Run, RunFn,
};
use pellucid_value::{ModelStep, Value};

use super::steps::{MODEL_IN, MODEL_OUT, with_step};
use crate::networks::{checked_file, refused, tell_unexpected, weight_file};

/// Where LoRA files lie.
pub(crate) const PLACE: FilePlace = FilePlace::Weights("loras");

pub(crate) const FILE: Param<FileRef> =
    Param::file("file", PLACE, "The LoRA, looked up in `loras` of the model folders.");
pub(crate) const STRENGTH: Param<f64> =
    Param::float("strength", 1.0, "How much of it; 1 is as it was trained.").range(-100.0, 100.0);

/// The record of `apply_lora`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "apply_lora".into(),
        family: "model".into(),
        docs: "Adds a LoRA, or one of its relatives (LoHa, LoKr, DoRA, plain differences), to the denoising network. Its part for the text encoders is added by `apply_clip_lora`.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl()],
        params: vec![FILE.decl(), STRENGTH.decl()],
        outputs: vec![MODEL_OUT.decl()],
        comfy: vec![lora_loader_model_only()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn lora_loader_model_only() -> ComfyClass {
    ComfyClass::new("LoraLoaderModelOnly", "LoraLoaderModelOnly")
        .input(socket("model", "MODEL").to(MODEL_IN))
        .input(file("lora_name", PLACE).to(FILE))
        .input(float("strength_model", 1.0, -100.0..=100.0).to(STRENGTH))
        .output(output("MODEL").from(MODEL_OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let model = cx.fact(MODEL_IN);
    let file = checked_file(cx, FILE)?;
    lora_fits(&file, model.family).map_err(refused(FILE))?;
    let found = inspection(&file).map_err(refused(FILE))?;
    tell_unexpected(cx, FILE, &file, &found.unexpected);
    if cx.param(STRENGTH) == 0.0 {
        return Ok(Checked::Forward("model"));
    }
    Ok(Checked::Facts(vec![MODEL_OUT.fact(model)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (model, file) = (cx.input(MODEL_IN), weight_file(cx, FILE)?);
    let step = ModelStep::Lora { file, strength: cx.param(STRENGTH) };
    Ok(vec![MODEL_OUT.put(with_step(&model, model.fact, step))])
}
