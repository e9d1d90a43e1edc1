//! Mixes two encoded prompts.

use pellucid_graph::comfy::{ComfyClass, float, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_value::{Array, Prompt, Value};

use super::joining::{A, B, CONDITIONING, checked_pair};

const AMOUNT: Param<f64> =
    Param::float("amount", 1.0, "How much of the first is in the mix; the rest is the second.")
        .range(0.0, 1.0);

/// The record of `average_conditioning`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "average_conditioning".into(),
        family: "text".into(),
        docs: "Mixes encoded prompts number by number: a * amount + b * (1 - amount). Where the second is shorter, it counts as zeros.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![AMOUNT.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ConditioningAverage", "ConditioningAverage")
        .input(socket("conditioning_to", "CONDITIONING").to(A))
        .input(socket("conditioning_from", "CONDITIONING").to(B))
        .input(float("conditioning_to_strength", 1.0, 0.0..=1.0).to(AMOUNT))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, _) = checked_pair(cx)?;
    Ok(Checked::Facts(vec![CONDITIONING.fact(a)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (a, b, amount) = (cx.input(A), cx.input(B), cx.param(AMOUNT));
    let Some(other) = b.prompts.first() else { return Ok(vec![CONDITIONING.put(a)]) };
    let mix = |a: &Array, b: &Array| mixed(a, b, amount as f32, (1.0 - amount) as f32);
    let joined = a.map(|prompt| Prompt {
        tokens: mix(&prompt.tokens, &other.tokens),
        pooled: match (&prompt.pooled, &other.pooled) {
            (Some(a), Some(b)) => Some(mix(a, b)),
            (None, Some(b)) => Some(mix(b, b)),
            (a, None) => a.clone(),
        },
        ..prompt.clone()
    });
    Ok(vec![CONDITIONING.put(joined.into())])
}

/// `a * of_a + b * of_b` in the shape of `a`; what `b` lacks counts as zero.
fn mixed(a: &Array, b: &Array, of_a: f32, of_b: f32) -> Array {
    let b = b.data.iter().copied().chain(std::iter::repeat(0.0));
    let data = a.data.iter().zip(b).map(|(a, b)| a * of_a + b * of_b).collect();
    Array::new(&a.shape, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_counts_as_zero() {
        let a = Array::new(&[1, 2, 1], vec![1.0, 2.0]);
        let b = Array::new(&[1, 1, 1], vec![3.0]);
        assert_eq!(*mixed(&a, &b, 0.5, 0.5).data, [2.0, 1.0]);
    }
}
