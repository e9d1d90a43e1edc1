//! Makes a model draw a layer for another that is given (SD1.5).

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, sharing_fact};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FileRef, In, NodeError, NodeKind, OptIn, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_value::{Conditioning, ModelFact, ModelStep, Sharing, Value, WeightFile};

use super::encode_condition::on_grey;
use super::load_layer_codec::PLACE;
use crate::model::steps::{MODEL_IN, MODEL_OUT, with_step};
use crate::networks::{checked_file, failed, refuse_other_family, refused, weight_file};

pub(super) const IMAGE: In<Image> = In::new(
    "image",
    "The given layer; what is transparent is put on the grey that the model was trained with.",
);
pub(super) const FILE: Param<FileRef> = Param::file(
    "file",
    PLACE,
    "The layer model of SD1.5: foreground to background, or background to foreground. Looked up in \
     `layer_model` of the model folders.",
);
pub(super) const LAYER: OptIn<Arc<Conditioning>> =
    OptIn::new("layer", "What the new layer shows; without, what the sampler's prompt says.");
pub(super) const BLEND: OptIn<Arc<Conditioning>> =
    OptIn::new("blend", "What both together show; without, what the sampler's prompt says.");

/// The record of `layer_given`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "layer_given".into(),
        family: "layer_diffusion".into(),
        docs: "Makes a model of SD1.5 draw a background for a given foreground, or a foreground for a given background, together with the blend of both. Draw in an empty latent of 2 frames: the new layer, and the blend.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl(), IMAGE.decl(), LAYER.decl(), BLEND.decl()],
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
    if cx.fact(IMAGE).batch != 1 {
        let message = format!("{} pictures, but one conditions the model", cx.fact(IMAGE).batch);
        return Err(NodeError::at(IMAGE, message).hint("put a `pick_frame` node in front"));
    }
    for input in [LAYER, BLEND] {
        if let Some(prompt) = cx.given(input) {
            refuse_other_family(&prompt, &model, input)?;
        }
    }
    Ok(Checked::Facts(vec![MODEL_OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (model, file) = (cx.input(MODEL_IN), weight_file(cx, FILE)?);
    let fact = fact(&file, &model.fact).map_err(failed)?;
    let prompts = [LAYER, BLEND];
    let prompts = prompts.map(|input| cx.given(input).map(|prompt| (*prompt).clone())).into();
    let control = Some(on_grey(&cx.input(IMAGE)));
    let step = ModelStep::Sharing(Sharing { file, prompts, control });
    Ok(vec![MODEL_OUT.put(with_step(&model, fact, step))])
}

fn fact(file: &WeightFile, model: &ModelFact) -> Result<ModelFact, DiffusionError> {
    let sharing = sharing_fact(file, model.family)?;
    if sharing.frames != 2 || !sharing.control {
        let message = format!(
            "`{}` draws {} layer(s) without looking at one, not one for another",
            file.name, sharing.frames
        );
        return Err(DiffusionError::Unfit(message));
    }
    Ok(ModelFact { frames: 2, ..*model })
}
