//! Reads latents from a file.

use std::io::Read;

use pellucid_diffusion::read_latent;
use pellucid_graph::comfy::{ComfyClass, file, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Latent, Value};

use crate::networks::{failed, refused};

const FILE: Param<FileRef> = Param::file(
    "file",
    FilePlace::Picture,
    "The latents, as written to a .safetensors or .latent output here or by ComfyUI.",
);
const LATENT: Out<Latent> = Out::new("latent", "The latents.");

/// Files larger than this hold no latents.
const MOST_BYTES: u64 = 1 << 30;

/// The record of `load_latent`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_latent".into(),
        family: "load".into(),
        docs: "Reads latents from a file, looked up beside the graph.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILE.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("LoadLatent", "LoadLatent")
        .input(file("latent", FilePlace::Picture).to(FILE))
        .output(output("LATENT").from(LATENT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let file = cx.param(FILE);
    let mut bytes = Vec::new();
    cx.open(FILE, &file)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let latent = read_latent(&file.name, bytes).map_err(refused(FILE))?;
    Ok(Checked::Facts(vec![LATENT.fact(latent.fact())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let file = cx.param(FILE);
    let bytes = cx.read(FILE, &file)?;
    Ok(vec![LATENT.put(read_latent(&file.name, bytes.to_vec()).map_err(failed)?)])
}
