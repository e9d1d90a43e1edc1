//! Picks latents out of a batch.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Latent, LatentFact, Value};

use super::items::{picked, places};

const LATENT_IN: In<Latent> = In::new("latent", "The latents.");
const FIRST: Param<u32> = Param::<u32>::int("first", 0, "The first to pick, from 0.");
const COUNT: Param<u32> = Param::<u32>::int("count", 1, "How many.").range(1, 4096);
const LATENT: Out<Latent> =
    Out::new("latent", "The picked latents; noise for them is drawn as for the whole batch.");

/// The record of `pick_latents`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "pick_latents".into(),
        family: "latent".into(),
        docs: "Picks latents out of a batch. Drawn alone, each becomes the picture that it would have become in the batch.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENT_IN.decl()],
        params: vec![FIRST.decl(), COUNT.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("LatentFromBatch", "Latent From Batch")
        .input(socket("samples", "LATENT").to(LATENT_IN))
        .input(int("batch_index", 0, 0..=63).to(FIRST))
        .input(int("length", 1, 1..=64).to(COUNT))
        .output(output("LATENT").from(LATENT))
}

/// The range that is there: from the last at the latest, to the end at most.
fn range(batch: u32, first: u32, count: u32) -> (u32, u32) {
    let first = first.min(batch.saturating_sub(1));
    (first, count.min(batch - first))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let latent = cx.fact(LATENT_IN);
    let (_, batch) = range(latent.batch, cx.param(FIRST), cx.param(COUNT));
    Ok(Checked::Facts(vec![LATENT.fact(LatentFact { batch, ..latent })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let latent = cx.input(LATENT_IN);
    let (first, count) = range(latent.fact().batch, cx.param(FIRST), cx.param(COUNT));
    let items: Vec<usize> = (first as usize..(first + count) as usize).collect();
    let all = places(&latent);
    let batch_index = Some(items.iter().map(|&item| all[item]).collect());
    Ok(vec![LATENT.put(Latent { batch_index, ..picked(&latent, &items) })])
}
