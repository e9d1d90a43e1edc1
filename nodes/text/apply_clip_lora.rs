//! Adds a LoRA to text encoders.

use std::sync::Arc;

use pellucid_diffusion::lora_fits;
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_value::{Clip, Value};

use crate::model::apply_lora::{FILE, STRENGTH};
use crate::networks::{checked_file, refused, weight_file};

const CLIP_IN: In<Arc<Clip>> = In::new("clip", "The text encoders.");
const CLIP: Out<Arc<Clip>> = Out::new("clip", "The text encoders with the LoRA.");

/// The record of `apply_clip_lora`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "apply_clip_lora".into(),
        family: "text".into(),
        docs: "Adds the part of a LoRA that is for the text encoders. Its part for the denoising network is added by `apply_lora`.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CLIP_IN.decl()],
        params: vec![FILE.decl(), STRENGTH.decl()],
        outputs: vec![CLIP.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let clip = cx.fact(CLIP_IN);
    lora_fits(&checked_file(cx, FILE)?, clip.family).map_err(refused(FILE))?;
    if cx.param(STRENGTH) == 0.0 {
        return Ok(Checked::Forward("clip"));
    }
    Ok(Checked::Facts(vec![CLIP.fact(clip)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (clip, file) = (cx.input(CLIP_IN), weight_file(cx, FILE)?);
    let loras = clip.loras.iter().cloned().chain([(file, cx.param(STRENGTH))]).collect();
    Ok(vec![CLIP.put(Clip { loras, ..(*clip).clone() }.into())])
}
