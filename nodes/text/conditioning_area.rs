//! Limits a prompt to a rectangle.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, float, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Area, Conditioning, Prompt, Value};

const CONDITIONING_IN: In<Arc<Conditioning>> = In::new("conditioning", "The encoded prompts.");
const X: Param<u32> =
    Param::<u32>::int("x", 0, "Left edge in pixels of the picture.").range(0, 32768);
const Y: Param<u32> =
    Param::<u32>::int("y", 0, "Top edge in pixels of the picture.").range(0, 32768);
const WIDTH: Param<u32> = Param::<u32>::int("width", 64, "Width in pixels.").range(8, 32768);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 64, "Height in pixels.").range(8, 32768);
const STRENGTH: Param<f64> =
    Param::float("strength", 1.0, "How much it counts against other prompts there.")
        .range(0.0, 10.0);
const CONDITIONING: Out<Arc<Conditioning>> =
    Out::new("conditioning", "The same prompts, for the rectangle.");

/// The record of `conditioning_area`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "conditioning_area".into(),
        family: "text".into(),
        docs: "Limits a prompt to a rectangle: the model is shown that part of the picture alone. Sides are rounded down to multiples of 8 pixels, and inner edges are soft.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CONDITIONING_IN.decl()],
        params: vec![X.decl(), Y.decl(), WIDTH.decl(), HEIGHT.decl(), STRENGTH.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("ConditioningSetArea", "Conditioning (Set Area)")
        .input(socket("conditioning", "CONDITIONING").to(CONDITIONING_IN))
        .input(int("width", 64, 64..=16384).to(WIDTH))
        .input(int("height", 64, 64..=16384).to(HEIGHT))
        .input(int("x", 0, 0..=16384).to(X))
        .input(int("y", 0, 0..=16384).to(Y))
        .input(float("strength", 1.0, 0.0..=10.0).to(STRENGTH))
        .output(output("CONDITIONING").from(CONDITIONING))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![CONDITIONING.fact(cx.fact(CONDITIONING_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let area = Some(Area {
        x: cx.param(X),
        y: cx.param(Y),
        width: cx.param(WIDTH),
        height: cx.param(HEIGHT),
    });
    let strength = cx.param(STRENGTH);
    let limited =
        cx.input(CONDITIONING_IN).map(|prompt| Prompt { area, strength, ..prompt.clone() });
    Ok(vec![CONDITIONING.put(limited.into())])
}
