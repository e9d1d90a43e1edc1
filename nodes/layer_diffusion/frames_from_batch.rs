//! Reads a batch as layers that belong together.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Array, Latent, LatentFact, Value};

const LATENT_IN: In<Latent> =
    In::new("latent", "Latents whose frames follow each other in the batch.");
const FRAMES: Param<u32> =
    Param::<u32>::int("frames", 3, "How many layers belong together.").range(1, 16);
const LATENT: Out<Latent> = Out::new("latent", "The same latents with their frames as an axis.");

/// The record of `frames_from_batch`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "frames_from_batch".into(),
        family: "layer_diffusion".into(),
        docs: "Reads every so many latents of a batch as the frames of one picture, as other programs lay joint layers out.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENT_IN.decl()],
        params: vec![FRAMES.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (latent, frames) = (cx.fact(LATENT_IN), cx.param(FRAMES));
    if latent.frames != 1 {
        let message = format!("the latent has {} frames already", latent.frames);
        return Err(NodeError::at(LATENT_IN, message).hint("leave this node out"));
    }
    if !latent.batch.is_multiple_of(frames) {
        let message =
            format!("a batch of {} makes no whole pictures of {frames} frames", latent.batch);
        return Err(NodeError::at(FRAMES, message).hint("use a batch of a multiple of it"));
    }
    let fact = LatentFact { batch: latent.batch / frames, frames, masked: false, ..latent };
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (latent, frames) = (cx.input(LATENT_IN), cx.param(FRAMES));
    let fact = latent.fact();
    let shape = LatentFact { batch: fact.batch / frames, frames, ..fact }.shape();
    let samples = Array { shape: shape.into(), data: latent.samples.data };
    Ok(vec![LATENT.put(Latent { samples, mask: None, batch_index: None })])
}
