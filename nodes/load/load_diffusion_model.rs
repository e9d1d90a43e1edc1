//! Opens a denoising network that is in a file of its own.

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, NetworksFact, networks_fact};
use pellucid_graph::comfy::{ComfyClass, combo, file, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Model, ModelFact, Value, WeightFile};

use crate::networks::{checked_file, failed, refused, tell_unexpected, weight_file};

/// Where lone networks lie.
const PLACE: FilePlace = FilePlace::Weights("diffusion_models");

const FILE: Param<FileRef> = Param::file(
    "file",
    PLACE,
    "The network, looked up in `diffusion_models` and `unet` of the model folders.",
);
const MODEL: Out<Arc<Model>> = Out::new("model", "The denoising network.");

/// The record of `load_diffusion_model`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_diffusion_model".into(),
        family: "load".into(),
        docs: "Opens a denoising network without text encoders and autoencoder, in the layout of a checkpoint or of diffusers.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILE.decl()],
        outputs: vec![MODEL.decl()],
        comfy: vec![unet_loader()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

/// The type that weights are held in makes no difference to what they mean.
fn unet_loader() -> ComfyClass {
    const TYPES: &[&str] = &["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"];
    ComfyClass::new("UNETLoader", "Load Diffusion Model")
        .input(file("unet_name", PLACE).to(FILE))
        .input(combo("weight_dtype", TYPES))
        .output(output("MODEL").from(MODEL))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let file = checked_file(cx, FILE)?;
    let found = networks_fact(std::slice::from_ref(&file)).map_err(refused(FILE))?;
    tell_unexpected(cx, FILE, &file, &found.unexpected);
    let fact = fact(&file, found).map_err(refused(FILE))?;
    Ok(Checked::Facts(vec![MODEL.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let file = weight_file(cx, FILE)?;
    let found = networks_fact(std::slice::from_ref(&file)).map_err(failed)?;
    let fact = fact(&file, found).map_err(failed)?;
    Ok(vec![MODEL.put(Model { fact, files: [file].into(), steps: [].into() }.into())])
}

fn fact(file: &WeightFile, found: NetworksFact) -> Result<ModelFact, DiffusionError> {
    found
        .model
        .ok_or_else(|| DiffusionError::Unfit(format!("`{}` holds no denoising network", file.name)))
}
