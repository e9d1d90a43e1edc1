//! Turns hue, scales saturation, shifts lightness.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::{Hue, hue_saturation_lightness};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const HUE: Param<f64> =
    Param::float("hue", 0.0, "Degrees added to hue; red turns to yellow, then to green.")
        .range(-360.0, 360.0);
const SATURATION: Param<f64> =
    Param::float("saturation", 1.0, "Factor of chroma; 0 is grey, below 0 is the opposite hue.")
        .range(-16.0, 16.0);
const LIGHTNESS: Param<f64> =
    Param::float("lightness", 0.0, "Added to lightness, where 0 is black and 1 is white.")
        .range(-1.0, 1.0);
const OUT: Out<Image> = Out::new("image", "The picture in other colours; nothing is clamped.");

/// The record of `hue_saturation`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "hue_saturation".into(),
        family: "colour".into(),
        docs: "Turns hue, scales saturation and shifts lightness in Oklch, where changing one \
               leaves the others as an eye sees them."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![HUE.decl(), SATURATION.decl(), LIGHTNESS.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if settings(cx.params()) == Hue::default() {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(hue_saturation_lightness(&cx.input(IN), &settings(cx.params())))])
}

fn settings(params: Params) -> Hue {
    Hue {
        hue: params.get(HUE) as f32,
        saturation: params.get(SATURATION) as f32,
        lightness: params.get(LIGHTNESS) as f32,
    }
}
