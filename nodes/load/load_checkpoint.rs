//! Opens a checkpoint: model, text encoders and autoencoder in one file.

use std::sync::Arc;

use pellucid_diffusion::{NetworksFact, networks_fact, what_is};
use pellucid_graph::comfy::{ComfyClass, file, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Clip, ClipFact, Model, ModelFact, Vae, VaeFact, Value, WeightFile};

use crate::networks::{checked_file, failed, refused, tell_unexpected, weight_file};

/// Where checkpoints lie.
const PLACE: FilePlace = FilePlace::Weights("checkpoints");

const FILE: Param<FileRef> = Param::file(
    "file",
    PLACE,
    "The checkpoint, or a folder in the diffusers layout, looked up in `checkpoints` of the model folders.",
);
const MODEL: Out<Arc<Model>> = Out::new("model", "The denoising network.");
const CLIP: Out<Arc<Clip>> = Out::new("clip", "The text encoders; of no use if the file has none.");
const VAE: Out<Arc<Vae>> = Out::new("vae", "The autoencoder; of no use if the file has none.");

/// The record of `load_checkpoint`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_checkpoint".into(),
        family: "load".into(),
        docs: "Opens a Stable Diffusion checkpoint. Its line (SD1.5, SDXL), what it predicts and \
               the shape of its networks are read from the names and shapes of its tensors, so \
               narrower relatives load too. Nothing is loaded before it is computed with."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILE.decl()],
        outputs: vec![MODEL.decl(), CLIP.decl(), VAE.decl()],
        comfy: vec![checkpoint_loader_simple()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn checkpoint_loader_simple() -> ComfyClass {
    ComfyClass::new("CheckpointLoaderSimple", "Load Checkpoint")
        .input(file("ckpt_name", PLACE).to(FILE))
        .output(output("MODEL").from(MODEL))
        .output(output("CLIP").from(CLIP))
        .output(output("VAE").from(VAE))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let file = checked_file(cx, FILE)?;
    let found = networks_fact(std::slice::from_ref(&file)).map_err(refused(FILE))?;
    tell_unexpected(cx, FILE, &file, &found.unexpected);
    let (model, clip, vae) = facts(&file, found).map_err(refused(FILE))?;
    Ok(Checked::Facts(vec![MODEL.fact(model), CLIP.fact(clip), VAE.fact(vae)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let file = weight_file(cx, FILE)?;
    let found = networks_fact(std::slice::from_ref(&file)).map_err(failed)?;
    let (model, clip, vae) = facts(&file, found).map_err(failed)?;
    let files: Arc<[WeightFile]> = [file].into();
    let model = Model { fact: model, files: files.clone(), steps: [].into() };
    let clip = Clip { fact: clip, files: files.clone(), loras: [].into(), skip: None };
    let vae = Vae { fact: vae, files };
    Ok(vec![MODEL.put(model.into()), CLIP.put(clip.into()), VAE.put(vae.into())])
}

/// What is not in the file has a fact of nothing, which whoever needs it refuses.
fn facts(
    file: &WeightFile,
    found: NetworksFact,
) -> Result<(ModelFact, ClipFact, VaeFact), pellucid_diffusion::DiffusionError> {
    let NetworksFact { model, clip, vae, .. } = found;
    let Some(model) = model else {
        let message = format!("`{}` is {}, not a checkpoint", file.name, what_is(file)?);
        return Err(pellucid_diffusion::DiffusionError::Unfit(message));
    };
    let family = model.family;
    let clip = clip.unwrap_or(ClipFact { family, width: 0, pooled: 0, bytes: 0 });
    let none = VaeFact { family: Some(family), channels: 0, pixels: 8, width: 0, bytes: 0 };
    Ok((model, clip, vae.unwrap_or(none)))
}
