//! Stretches colour between black, white and a gamma.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::{Levels, levels};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const IN_LO: Param<f64> =
    Param::float("in_lo", 0.0, "Value that becomes `out_lo`.").range(-16.0, 16.0);
const IN_HI: Param<f64> =
    Param::float("in_hi", 1.0, "Value that becomes `out_hi`; at or below `in_lo` a hard cut.")
        .range(-16.0, 16.0);
const GAMMA: Param<f64> =
    Param::float("gamma", 1.0, "Above 1 brightens the middle.").range(0.01, 100.0);
const OUT_LO: Param<f64> = Param::float("out_lo", 0.0, "The darkest result.").range(-16.0, 16.0);
const OUT_HI: Param<f64> =
    Param::float("out_hi", 1.0, "The brightest result; below `out_lo` it turns the picture over.")
        .range(-16.0, 16.0);
const OUT: Out<Image> = Out::new("image", "The picture with other levels.");

/// The record of `levels`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "levels".into(),
        family: "colour".into(),
        docs: "Stretches all channels alike, in the encoding of the picture: \
               t = clamp((v - in_lo) / (in_hi - in_lo)), then \
               out_lo + t^(1/gamma) * (out_hi - out_lo)."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![IN_LO.decl(), IN_HI.decl(), GAMMA.decl(), OUT_LO.decl(), OUT_HI.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if settings(cx.params()) == Levels::default() {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(levels(&cx.input(IN), &settings(cx.params())))])
}

fn settings(params: Params) -> Levels {
    Levels {
        in_lo: params.get(IN_LO) as f32,
        in_hi: params.get(IN_HI) as f32,
        gamma: params.get(GAMMA) as f32,
        out_lo: params.get(OUT_LO) as f32,
        out_hi: params.get(OUT_HI) as f32,
    }
}
