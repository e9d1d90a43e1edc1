//! Sharpens by an unsharp mask.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::sharpen::{Sharpen, sharpen, sharpen_matte};
use pellucid_value::{Raster, Value};

use super::spread::{mixed, needs_frames};
use crate::frames::each_raster;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const AMOUNT: Param<f64> = Param::float(
    "amount",
    0.5,
    "How much of the difference from the blurred picture is added; 0 changes nothing.",
)
.range(0.0, 20.0);
const SIGMA: Param<f64> =
    Param::float("sigma", 1.0, "Standard deviation of the blur, in pixels.").range(0.01, 1024.0);
const THRESHOLD: Param<f64> =
    Param::float("threshold", 0.0, "Differences smaller than this (0 to 1) are left alone.")
        .range(0.0, 1.0);
const ALPHA: Param<bool> =
    Param::bool("alpha", false, "Sharpen alpha too; otherwise the outline stays exactly as it is.");
const OUT: Out<Raster> =
    Out::new("image", "The sharpened picture: premultiplied, or opaque as it was.");

/// The record of `sharpen`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "sharpen".into(),
        family: "filter".into(),
        docs:
            "Sharpens by an unsharp mask: c + amount * (c - blur(c)), on straight colour against \
               the alpha-weighted mean of its surroundings, so clear pixels darken nothing. \
               Colour is not clamped, alpha is."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![AMOUNT.decl(), SIGMA.decl(), THRESHOLD.decl(), ALPHA.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if cx.param(AMOUNT) as f32 == 0.0 {
        return Ok(Checked::Forward("image"));
    }
    needs_frames(cx, fact, 4);
    Ok(Checked::Facts(vec![OUT.fact(mixed(fact))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = how(cx.params());
    let sharpened = each_raster(
        cx,
        &cx.input(IN),
        |frame| sharpen(frame, how),
        |frame| sharpen_matte(frame, how),
    )?;
    Ok(vec![OUT.put(sharpened)])
}

fn how(params: Params) -> Sharpen {
    Sharpen {
        amount: params.get(AMOUNT) as f32,
        sigma: params.get(SIGMA) as f32,
        threshold: params.get(THRESHOLD) as f32,
        alpha: params.get(ALPHA),
    }
}
