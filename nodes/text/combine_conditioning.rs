//! Draws two prompts at once.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Run, RunFn};
use pellucid_value::{Conditioning, ConditioningFact, Value};

use super::joining::{A, B, CONDITIONING, checked_pair};

/// The record of `combine_conditioning`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "combine_conditioning".into(),
        family: "text".into(),
        docs: "Draws two prompts at once: the model is asked for each, and the answers are averaged where both count.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ConditioningCombine", "Conditioning (Combine)")
        .input(socket("conditioning_1", "CONDITIONING").to(A))
        .input(socket("conditioning_2", "CONDITIONING").to(B))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, b) = checked_pair(cx)?;
    let with_concat = if a.concat_channels > 0 { a } else { b };
    let fact =
        ConditioningFact { control_bytes: a.control_bytes.max(b.control_bytes), ..with_concat };
    Ok(Checked::Facts(vec![CONDITIONING.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (a, b) = (cx.input(A), cx.input(B));
    let prompts = a.prompts.iter().chain(b.prompts.iter()).cloned().collect();
    Ok(vec![CONDITIONING.put(Conditioning { family: a.family, prompts }.into())])
}
