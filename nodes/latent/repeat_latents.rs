//! Repeats a batch of latents.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Latent, LatentFact, Value};

use super::items::{picked, places};

const LATENT_IN: In<Latent> = In::new("latent", "The latents.");
const TIMES: Param<u32> = Param::<u32>::int("times", 1, "How often.").range(1, 4096);
const LATENT: Out<Latent> =
    Out::new("latent", "The batch, over and over, with new noise each time.");

/// The record of `repeat_latents`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "repeat_latents".into(),
        family: "latent".into(),
        docs: "Repeats a batch of latents, to draw several pictures from each.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENT_IN.decl()],
        params: vec![TIMES.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("RepeatLatentBatch", "Repeat Latent Batch")
        .input(socket("samples", "LATENT").to(LATENT_IN))
        .input(int("amount", 1, 1..=64).to(TIMES))
        .output(output("LATENT").from(LATENT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let latent = cx.fact(LATENT_IN);
    let batch = u64::from(latent.batch) * u64::from(cx.param(TIMES));
    if batch > 65_536 {
        return Err(NodeError::at(TIMES, format!("that would be {batch} latents")));
    }
    Ok(Checked::Facts(vec![LATENT.fact(LatentFact { batch: batch as u32, ..latent })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (latent, times) = (cx.input(LATENT_IN), cx.param(TIMES) as usize);
    let batch = latent.fact().batch as usize;
    let items: Vec<usize> = (0..times * batch).map(|item| item % batch).collect();
    let batch_index = latent.batch_index.as_ref().map(|_| {
        let all = places(&latent);
        let (low, high) = (all.iter().min().unwrap_or(&0), all.iter().max().unwrap_or(&0));
        let span = high - low + 1;
        (0..times as u64)
            .flat_map(|turn| all.iter().map(move |place| place + turn * span))
            .collect()
    });
    Ok(vec![LATENT.put(Latent { batch_index, ..picked(&latent, &items) })])
}
