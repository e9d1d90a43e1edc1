//! Opens an autoencoder that is in a file of its own.

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, NetworksFact, networks_fact};
use pellucid_graph::comfy::{ComfyClass, file, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Vae, VaeFact, Value, WeightFile};

use crate::networks::{checked_file, failed, refused, tell_unexpected, weight_file};

/// Where autoencoders lie.
const PLACE: FilePlace = FilePlace::Weights("vae");

const FILE: Param<FileRef> =
    Param::file("file", PLACE, "The autoencoder, looked up in `vae` of the model folders.");
const VAE: Out<Arc<Vae>> = Out::new("vae", "The autoencoder.");

/// The record of `load_vae`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_vae".into(),
        family: "load".into(),
        docs: "Opens an autoencoder. A whole checkpoint will do too: its autoencoder is taken."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILE.decl()],
        outputs: vec![VAE.decl()],
        comfy: vec![vae_loader()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn vae_loader() -> ComfyClass {
    ComfyClass::new("VAELoader", "Load VAE")
        .input(file("vae_name", PLACE).to(FILE))
        .output(output("VAE").from(VAE))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let file = checked_file(cx, FILE)?;
    let found = networks_fact(std::slice::from_ref(&file)).map_err(refused(FILE))?;
    tell_unexpected(cx, FILE, &file, &found.unexpected);
    let fact = fact(&file, found).map_err(refused(FILE))?;
    Ok(Checked::Facts(vec![VAE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let file = weight_file(cx, FILE)?;
    let found = networks_fact(std::slice::from_ref(&file)).map_err(failed)?;
    let fact = fact(&file, found).map_err(failed)?;
    Ok(vec![VAE.put(Vae { fact, files: [file].into() }.into())])
}

fn fact(file: &WeightFile, found: NetworksFact) -> Result<VaeFact, DiffusionError> {
    found.vae.ok_or_else(|| DiffusionError::Unfit(format!("`{}` holds no autoencoder", file.name)))
}
