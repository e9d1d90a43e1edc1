//! Says what a model predicts, where its file does not.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, combo, flag, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Choice, Cost, NodeError, NodeKind, Run, RunFn};
use pellucid_value::{Model, ModelFact, Prediction, Value};

use super::steps::{MODEL_IN, MODEL_OUT};

const PREDICTS: Choice<Prediction> =
    Choice::new("predicts", &PREDICTIONS, "What the network predicts.").meanings(meaning);

const PREDICTIONS: &[(&str, Prediction)] = &[
    ("noise", Prediction::Epsilon),
    ("velocity", Prediction::Velocity { zero_snr: false }),
    ("velocity_zero_snr", Prediction::Velocity { zero_snr: true }),
];

fn meaning(word: &str) -> &'static str {
    match word {
        "noise" => "The noise, as most models do.",
        "velocity" => "The velocity (Salimans and Ho 2022).",
        _ => "The velocity, with noise levels that end in pure noise (Lin et al. 2024).",
    }
}

/// The record of `model_sampling`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "model_sampling".into(),
        family: "model".into(),
        docs: "Says what a model predicts, for files that do not say it themselves.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl()],
        params: vec![PREDICTS.decl()],
        outputs: vec![MODEL_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ModelSamplingDiscrete", "ModelSamplingDiscrete")
        .input(socket("model", "MODEL"))
        .input(combo("sampling", &["eps", "v_prediction", "lcm", "x0", "img_to_img"]))
        .input(flag("zsnr", false))
        .output(output("MODEL"))
        .rewrite(|cx| {
            let word = match (cx.text("sampling")?.as_str(), cx.flag("zsnr")?) {
                ("eps", false) => "noise",
                ("v_prediction", false) => "velocity",
                ("v_prediction", true) => "velocity_zero_snr",
                ("eps", true) => {
                    let message =
                        "noise levels that end in pure noise need a model of the velocity";
                    return Err(ComfyTrouble::at("zsnr", message));
                }
                (other, _) => {
                    let message = format!("sampling as {other} is not supported");
                    return Err(ComfyTrouble::at("sampling", message));
                }
            };
            let model = cx.wire("model")?;
            let word = cx.derived("sampling", word);
            let node = cx.node("model_sampling").wire(MODEL_IN, model).set(PREDICTS, word).add();
            cx.output(0, node.out(MODEL_OUT));
            Ok(())
        })
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let prediction = cx.choice(PREDICTS);
    Ok(Checked::Facts(vec![MODEL_OUT.fact(ModelFact { prediction, ..cx.fact(MODEL_IN) })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (model, prediction) = (cx.input(MODEL_IN), cx.choice(PREDICTS));
    let fact = ModelFact { prediction, ..model.fact };
    Ok(vec![MODEL_OUT.put(Arc::new(Model { fact, ..(*model).clone() }))])
}
