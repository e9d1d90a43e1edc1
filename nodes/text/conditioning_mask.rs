//! Limits a prompt to a mask.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, combo_as, float, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_value::{Conditioning, Prompt, RegionMask, Value};

const CONDITIONING_IN: In<Arc<Conditioning>> = In::new("conditioning", "The encoded prompts.");
const MASK: In<Matte> = In::new("mask", "Where the prompts count.");
const STRENGTH: Param<f64> =
    Param::float("strength", 1.0, "A factor on the mask.").range(0.0, 10.0);
const SHOWN: Choice<bool> =
    Choice::new("shown", &SHOWS, "What the model is shown for these prompts.").meanings(meaning);
const CONDITIONING: Out<Arc<Conditioning>> =
    Out::new("conditioning", "The same prompts, for what the mask covers.");

/// Whether only the rectangle around the mask is shown.
const SHOWS: &[(&str, bool)] = &[("whole", false), ("bounds", true)];

/// ComfyUI's words for it.
const SET_COND_AREA: &[(&str, &str)] = &[("default", "whole"), ("mask bounds", "bounds")];

fn meaning(word: &str) -> &'static str {
    match word {
        "whole" => "The whole picture.",
        _ => "The rectangle around what the mask covers, alone.",
    }
}

/// The record of `conditioning_mask`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "conditioning_mask".into(),
        family: "text".into(),
        docs: "Limits a prompt to where a mask covers: 1 counts fully, 0 not at all. The mask may have any size.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CONDITIONING_IN.decl(), MASK.decl()],
        params: vec![STRENGTH.decl(), SHOWN.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ConditioningSetMask", "Conditioning (Set Mask)")
        .input(socket("conditioning", "CONDITIONING").to(CONDITIONING_IN))
        .input(socket("mask", "MASK").to(MASK))
        .input(float("strength", 1.0, 0.0..=10.0).to(STRENGTH))
        .input(combo_as("set_cond_area", SET_COND_AREA).to(SHOWN))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![CONDITIONING.fact(cx.fact(CONDITIONING_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let mask = Some(RegionMask {
        matte: cx.input(MASK),
        strength: cx.param(STRENGTH),
        bounds_only: cx.choice(SHOWN),
    });
    let limited =
        cx.input(CONDITIONING_IN).map(|prompt| Prompt { mask: mask.clone(), ..prompt.clone() });
    Ok(vec![CONDITIONING.put(limited.into())])
}
