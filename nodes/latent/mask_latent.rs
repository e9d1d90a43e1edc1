//! Says where in a latent to draw.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::Matte;
use pellucid_value::{Latent, LatentFact, Value};

const LATENT_IN: In<Latent> = In::new("latent", "The latents.");
const MASK: In<Matte> =
    In::new("mask", "Where to draw (1) and where to keep what is there (0); any size.");
const LATENT: Out<Latent> = Out::new("latent", "The same latents, to be drawn in only there.");

/// The record of `mask_latent`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "mask_latent".into(),
        family: "latent".into(),
        docs: "Says where samplers draw in a latent. What they keep stays as it is, bit for bit."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENT_IN.decl(), MASK.decl()],
        params: vec![],
        outputs: vec![LATENT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("SetLatentNoiseMask", "Set Latent Noise Mask")
        .input(socket("samples", "LATENT").to(LATENT_IN))
        .input(socket("mask", "MASK").to(MASK))
        .output(output("LATENT").from(LATENT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (latent, mask) = (cx.fact(LATENT_IN), cx.fact(MASK));
    if mask.batch != 1 && mask.batch != latent.batch {
        let message = format!("{} masks for {} latents", mask.batch, latent.batch);
        return Err(NodeError::at(MASK, message).hint("use one mask, or one for each latent"));
    }
    Ok(Checked::Facts(vec![LATENT.fact(LatentFact { masked: true, ..latent })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let mask = Some(cx.input(MASK));
    Ok(vec![LATENT.put(Latent { mask, ..cx.input(LATENT_IN) })])
}
