//! Makes a prompt that says nothing.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_value::{Array, Conditioning, Prompt, Value};

const CONDITIONING_IN: In<Arc<Conditioning>> = In::new("conditioning", "The encoded prompts.");
const CONDITIONING: Out<Arc<Conditioning>> = Out::new("conditioning", "Zeros in the same shape.");

/// The record of `zero_conditioning`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "zero_conditioning".into(),
        family: "text".into(),
        docs: "Sets everything that an encoded prompt says to zero. That is not what an empty prompt says.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CONDITIONING_IN.decl()],
        params: vec![],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ConditioningZeroOut", "ConditioningZeroOut")
        .input(socket("conditioning", "CONDITIONING").to(CONDITIONING_IN))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![CONDITIONING.fact(cx.fact(CONDITIONING_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let silent = cx.input(CONDITIONING_IN).map(|prompt| Prompt {
        tokens: Array::zeros(&prompt.tokens.shape),
        pooled: prompt.pooled.as_ref().map(|pooled| Array::zeros(&pooled.shape)),
        ..prompt.clone()
    });
    Ok(vec![CONDITIONING.put(silent.into())])
}
