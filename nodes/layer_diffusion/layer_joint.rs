//! Makes a model draw foreground, background and blend together.

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, sharing_fact};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FileRef, NodeError, NodeKind, OptIn, Param, Run, RunFn,
};
use pellucid_value::{Conditioning, ModelFact, ModelStep, Sharing, Value, WeightFile};

use super::load_layer_codec::PLACE;
use crate::model::steps::{MODEL_IN, MODEL_OUT, with_step};
use crate::networks::{checked_file, failed, refuse_other_family, refused, weight_file};

pub(super) const FILE: Param<FileRef> = Param::file(
    "file",
    PLACE,
    "The joint layer model of SD1.5, looked up in `layer_model` of the model folders.",
);
pub(super) const FOREGROUND: OptIn<Arc<Conditioning>> =
    OptIn::new("foreground", "What the foreground shows; without, what the sampler's prompt says.");
pub(super) const BACKGROUND: OptIn<Arc<Conditioning>> =
    OptIn::new("background", "What the background shows; without, what the sampler's prompt says.");
pub(super) const BLEND: OptIn<Arc<Conditioning>> =
    OptIn::new("blend", "What both together show; without, what the sampler's prompt says.");

/// The record of `layer_joint`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "layer_joint".into(),
        family: "layer_diffusion".into(),
        docs: "Makes a model of SD1.5 draw three layers together: a transparent foreground, a background, and the blend of both. They share their attentions, so they fit. Draw in an empty latent of 3 frames and decode it with `decode_joint`.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl(), FOREGROUND.decl(), BACKGROUND.decl(), BLEND.decl()],
        params: vec![FILE.decl()],
        outputs: vec![MODEL_OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (model, file) = (cx.fact(MODEL_IN), checked_file(cx, FILE)?);
    let fact = fact(&file, &model).map_err(refused(FILE))?;
    for input in [FOREGROUND, BACKGROUND, BLEND] {
        if let Some(prompt) = cx.given(input) {
            refuse_other_family(&prompt, &model, input)?;
        }
    }
    Ok(Checked::Facts(vec![MODEL_OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (model, file) = (cx.input(MODEL_IN), weight_file(cx, FILE)?);
    let fact = fact(&file, &model.fact).map_err(failed)?;
    let prompts = [FOREGROUND, BACKGROUND, BLEND];
    let prompts = prompts.map(|input| cx.given(input).map(|prompt| (*prompt).clone())).into();
    let step = ModelStep::Sharing(Sharing { file, prompts, control: None });
    Ok(vec![MODEL_OUT.put(with_step(&model, fact, step))])
}

fn fact(file: &WeightFile, model: &ModelFact) -> Result<ModelFact, DiffusionError> {
    let sharing = sharing_fact(file, model.family)?;
    if sharing.frames != 3 || sharing.control {
        let (name, frames) = (&file.name, sharing.frames);
        let given = if sharing.control { " for a given one" } else { "" };
        let message = format!("`{name}` draws {frames} layer(s){given}, not three together");
        return Err(DiffusionError::Unfit(message));
    }
    Ok(ModelFact { frames: 3, ..*model })
}
