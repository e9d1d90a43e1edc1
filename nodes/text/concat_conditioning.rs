//! Lets a model read two prompts as one text.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Run, RunFn};
use pellucid_value::{Array, Prompt, Value};

use super::joining::{A, B, CONDITIONING, checked_pair};

/// The record of `concat_conditioning`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "concat_conditioning".into(),
        family: "text".into(),
        docs: "Appends the tokens of the second prompt to those of every prompt of the first, so that the model reads both as one text without either colouring the other as it is encoded.".into(),
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
    ComfyClass::new("ConditioningConcat", "Conditioning (Concat)")
        .input(socket("conditioning_to", "CONDITIONING").to(A))
        .input(socket("conditioning_from", "CONDITIONING").to(B))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, _) = checked_pair(cx)?;
    Ok(Checked::Facts(vec![CONDITIONING.fact(a)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (a, b) = (cx.input(A), cx.input(B));
    let Some(first) = b.prompts.first() else { return Ok(vec![CONDITIONING.put(a)]) };
    let joined = a
        .map(|prompt| Prompt { tokens: appended(&prompt.tokens, &first.tokens), ..prompt.clone() });
    Ok(vec![CONDITIONING.put(joined.into())])
}

/// Tokens of one row behind each other.
fn appended(a: &Array, b: &Array) -> Array {
    let (count, width) = (a.shape[1] + b.shape[1], a.shape[2]);
    let data = a.data.iter().chain(b.data.iter()).copied().collect();
    Array::new(&[1, count, width], data)
}
