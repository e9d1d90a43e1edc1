//! Measures what hiding transparency in latents does to the plain picture.

use std::sync::Arc;

use pellucid_diffusion::harmlessness;
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_value::{Table, Value};

use super::encode_layer::{CODEC, IMAGE, VAE, layer_latent_fact};
use crate::networks::{computing, failed, steps};

const REPORT: Out<Arc<Table>> = Out::new(
    "report",
    "For every layer `mse`, `max` and `psnr` (peak 2, in dB) between the plain pictures with and \
     without the offset.",
);

/// The record of `harmlessness`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "harmlessness".into(),
        family: "layer_diffusion".into(),
        docs: "Measures how little hiding transparency in a latent changes what the frozen autoencoder makes of it: the decoded picture of the adjusted latent against that of the latent without the offset. High values of `psnr` are harmless.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IMAGE.decl(), VAE.decl(), CODEC.decl()],
        params: vec![],
        outputs: vec![REPORT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    layer_latent_fact(cx)?;
    Ok(Checked::Facts(vec![REPORT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, vae, codec) = (cx.input(IMAGE), cx.input(VAE), cx.input(CODEC));
    let computing = computing(cx)?;
    let measured =
        harmlessness(&computing, &codec, &vae, &image, &mut steps(cx)).map_err(failed)?;
    let mut table = Table::default();
    table.push("mse", measured.iter().map(|m| m.mse).collect());
    table.push("max", measured.iter().map(|m| m.max).collect());
    table.push("psnr", measured.iter().map(|m| m.psnr()).collect());
    Ok(vec![REPORT.put(Arc::new(table))])
}
