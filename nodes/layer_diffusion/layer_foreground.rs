//! Makes a model draw transparent layers.

use pellucid_diffusion::{DiffusionError, inspection, patch_fact, sharing_fact};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FileRef, NodeError, NodeKind, Param, Run, RunFn,
};
use pellucid_nets::checkpoint::{FileKind, LayerModel};
use pellucid_value::{Family, ModelFact, ModelStep, Sharing, Value, WeightFile, Window};

use super::load_layer_codec::PLACE;
use crate::model::steps::{MODEL_IN, MODEL_OUT, with_step};
use crate::networks::{checked_file, failed, refused, weight_file};

pub(super) const FILE: Param<FileRef> = Param::file(
    "file",
    PLACE,
    "The layer model: for SDXL the attention or the convolution patch, or the offsets made for \
     diffusers; for SD1.5 the attention model. Looked up in `layer_model` of the model folders.",
);
pub(super) const WEIGHT: Param<f64> =
    Param::float("weight", 1.0, "How much of it; 1 is as it was trained. SD1.5 takes all of it.")
        .range(-1.0, 3.0);
pub(super) const STOP_AT: Param<f64> = Param::float(
    "stop_at",
    1.0,
    "Where it ends, as a part of the way from noise to picture; the plain model draws the rest.",
)
.range(0.0, 1.0);

/// The record of `layer_foreground`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "layer_foreground".into(),
        family: "layer_diffusion".into(),
        docs: "Makes a model draw transparent layers: things on nothing, with hair, glass, smoke and flame. Decode what it draws with `decode_layer`.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl()],
        params: vec![FILE.decl(), WEIGHT.decl(), STOP_AT.decl()],
        outputs: vec![MODEL_OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (model, file) = (cx.fact(MODEL_IN), checked_file(cx, FILE)?);
    let fact = fact(&file, &model).map_err(refused(FILE))?;
    if fact.frames > 0 && cx.param(STOP_AT) < 1.0 {
        return Err(NodeError::at(STOP_AT, "models of SD1.5 share their attentions to the end")
            .hint("leave `stop_at` at 1"));
    }
    Ok(Checked::Facts(vec![MODEL_OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (model, file) = (cx.input(MODEL_IN), weight_file(cx, FILE)?);
    let fact = fact(&file, &model.fact).map_err(failed)?;
    let (weight, window) = (cx.param(WEIGHT), Window { start: 0.0, end: cx.param(STOP_AT) });
    let step = match inspection(&file).map_err(failed)?.kind {
        FileKind::AttentionSharing(_) => {
            ModelStep::Sharing(Sharing { file, prompts: [].into(), control: None })
        }
        FileKind::DiffusersOffsets { .. } => ModelStep::Offsets { file, weight, window },
        _ => ModelStep::LayerPatch { file, weight, window },
    };
    Ok(vec![MODEL_OUT.put(with_step(&model, fact, step))])
}

/// The model afterwards; a file for another purpose is refused.
fn fact(file: &WeightFile, model: &ModelFact) -> Result<ModelFact, DiffusionError> {
    let other = |what: String| {
        DiffusionError::Unfit(format!("`{}` {what}, not transparent layers alone", file.name))
    };
    let is_patch = matches!(inspection(file)?.kind, FileKind::LayerPatch { .. });
    if model.family == Family::Sd15 && !is_patch {
        let sharing = sharing_fact(file, model.family)?;
        if sharing.frames != 1 || sharing.control {
            return Err(other(format!("draws {} layers together", sharing.frames)));
        }
        return Ok(ModelFact { frames: 1, ..*model });
    }
    match patch_fact(file, model)? {
        (LayerModel::TransparentAttention | LayerModel::TransparentConvolution, _) => Ok(*model),
        (_, channels) => {
            let layers = (channels - 4) / 4;
            Err(other(format!("draws with {layers} layer(s) before its eyes")))
        }
    }
}
