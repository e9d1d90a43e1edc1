//! Makes a model draw with layers before its eyes (SDXL).

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, patch_fact};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, OptIn, Out, Run, RunFn,
};
use pellucid_nets::checkpoint::LayerModel;
use pellucid_value::{
    Concat, Conditioning, ConditioningFact, Latent, LatentFact, ModelFact, ModelStep, Prompt,
    Value, WeightFile, Window,
};

use super::layer_foreground::{FILE, STOP_AT, WEIGHT};
use crate::model::steps::{MODEL_IN, MODEL_OUT, with_step};
use crate::networks::{checked_file, failed, refuse_other_family, refused, weight_file};

pub(super) const POSITIVE_IN: In<Arc<Conditioning>> = In::new("positive", "What to draw.");
pub(super) const NEGATIVE_IN: In<Arc<Conditioning>> =
    In::new("negative", "What guidance leads away from.");
pub(super) const GIVEN: In<Latent> =
    In::new("given", "The given layer: a foreground or a background, from `encode_condition`.");
pub(super) const BLEND: OptIn<Latent> =
    OptIn::new("blend", "The blend to take the other layer out of, for models that do that.");
pub(super) const POSITIVE: Out<Arc<Conditioning>> =
    Out::new("positive", "The prompt, with the layers beside it.");
pub(super) const NEGATIVE: Out<Arc<Conditioning>> =
    Out::new("negative", "The negative prompt, with the layers beside it.");

/// The record of `layer_conditioned`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "layer_conditioned".into(),
        family: "layer_diffusion".into(),
        docs: "Makes a model of SDXL draw with layers before its eyes: the blend of a given foreground or background with something new, or, given the blend too, the other layer alone. Use all three outputs in the sampler.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MODEL_IN.decl(), POSITIVE_IN.decl(), NEGATIVE_IN.decl(), GIVEN.decl(), BLEND.decl()],
        params: vec![FILE.decl(), WEIGHT.decl(), STOP_AT.decl()],
        outputs: vec![MODEL_OUT.decl(), POSITIVE.decl(), NEGATIVE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (model, file) = (cx.fact(MODEL_IN), checked_file(cx, FILE)?);
    let (given, blend) = (cx.fact(GIVEN), cx.given(BLEND));
    let fact = fact(&file, &model).map_err(refused(FILE))?;
    let wanted = (fact.in_channels.saturating_sub(4) / 4) as usize;
    if wanted == 2 && blend.is_none() {
        let message = format!("`{}` takes a layer out of a blend, which is not given", file.name);
        return Err(NodeError::at(FILE, message).hint("wire the blend to `blend`"));
    }
    if wanted == 1 && blend.is_some() {
        let message = format!("`{}` looks at one layer, not at a blend too", file.name);
        return Err(NodeError::at(BLEND, message).hint("leave `blend` out, or use another file"));
    }
    if let Some(blend) = blend {
        refuse_other_size(&given, &blend)?;
    }
    let beside = |input: In<Arc<Conditioning>>| -> Result<ConditioningFact, NodeError> {
        let prompt = cx.fact(input);
        refuse_other_family(&prompt, &model, input)?;
        let concat_channels = given.channels + blend.map_or(0, |blend| blend.channels);
        let concat_size = (given.width, given.height);
        Ok(ConditioningFact { concat_channels, concat_size, ..prompt })
    };
    let (positive, negative) = (beside(POSITIVE_IN)?, beside(NEGATIVE_IN)?);
    Ok(Checked::Facts(vec![MODEL_OUT.fact(fact), POSITIVE.fact(positive), NEGATIVE.fact(negative)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (model, file) = (cx.input(MODEL_IN), weight_file(cx, FILE)?);
    let fact = fact(&file, &model.fact).map_err(failed)?;
    let window = Window { start: 0.0, end: cx.param(STOP_AT) };
    let latents: Arc<[Latent]> = [cx.input(GIVEN)].into_iter().chain(cx.given(BLEND)).collect();
    let concat = Some(Concat { latents, window });
    let beside = |prompts: Arc<Conditioning>| -> Arc<Conditioning> {
        prompts.map(|prompt| Prompt { concat: concat.clone(), ..prompt.clone() }).into()
    };
    let step = ModelStep::LayerPatch { file, weight: cx.param(WEIGHT), window };
    Ok(vec![
        MODEL_OUT.put(with_step(&model, fact, step)),
        POSITIVE.put(beside(cx.input(POSITIVE_IN))),
        NEGATIVE.put(beside(cx.input(NEGATIVE_IN))),
    ])
}

/// The model afterwards; a file that looks at nothing is refused.
fn fact(file: &WeightFile, model: &ModelFact) -> Result<ModelFact, DiffusionError> {
    match patch_fact(file, model)? {
        (LayerModel::TransparentAttention | LayerModel::TransparentConvolution, _) => {
            let message = format!("`{}` draws layers alone; use `layer_foreground`", file.name);
            Err(DiffusionError::Unfit(message))
        }
        (_, in_channels) => Ok(ModelFact { in_channels, ..*model }),
    }
}

fn refuse_other_size(given: &LatentFact, blend: &LatentFact) -> Result<(), NodeError> {
    if (given.width, given.height) == (blend.width, blend.height) {
        return Ok(());
    }
    let message = format!(
        "the blend is {}x{} pixels, but the given layer {}x{}",
        blend.picture_width(),
        blend.picture_height(),
        given.picture_width(),
        given.picture_height()
    );
    Err(NodeError::at(BLEND, message).hint("make both the same size"))
}
