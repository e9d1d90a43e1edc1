//! Puts latents into one batch.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, ManyIn, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_value::{Array, Latent, LatentFact, Value};

use super::items::places;

const LATENTS: ManyIn<Latent> = ManyIn::new("latents", "Latents of one size, in order.");
const LATENT: Out<Latent> = Out::new("latent", "All of them.");

/// The record of `batch_latents`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "batch_latents".into(),
        family: "latent".into(),
        docs: "Puts latents into one batch. Each keeps the noise that is drawn for it alone."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENTS.decl()],
        params: vec![],
        outputs: vec![LATENT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("LatentBatch", "Latent Batch")
        .input(socket("samples1", "LATENT").to(LATENTS))
        .input(socket("samples2", "LATENT").to(LATENTS))
        .output(output("LATENT").from(LATENT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let latents = cx.many(LATENTS);
    let first = latents[0];
    for other in &latents {
        let same = LatentFact { batch: first.batch, masked: first.masked, ..*other };
        if same != first {
            let message = format!("{other:?} cannot be in one batch with {first:?}");
            let message = if other.width == first.width && other.height == first.height {
                message
            } else {
                format!(
                    "a latent of {}x{} cannot be in one batch with one of {}x{}",
                    other.width, other.height, first.width, first.height
                )
            };
            return Err(NodeError::at(LATENTS, message).hint("put a `scale_latent` in front"));
        }
    }
    let batch = latents.iter().map(|latent| latent.batch).sum();
    Ok(Checked::Facts(vec![LATENT.fact(LatentFact { batch, masked: false, ..first })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let latents = cx.many(LATENTS);
    let mut shape = latents[0].samples.shape.to_vec();
    shape[0] = latents.iter().map(|latent| latent.fact().batch as usize).sum();
    let data = latents.iter().flat_map(|latent| latent.samples.data.iter()).copied().collect();
    let batch_index = Some(latents.iter().flat_map(places).collect());
    Ok(vec![LATENT.put(Latent { samples: Array::new(&shape, data), mask: None, batch_index })])
}
