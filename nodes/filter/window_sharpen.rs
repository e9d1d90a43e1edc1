//! Sharpens within a window, every channel by itself.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::window::{window_sharpen, window_sharpen_matte, windowed_fact};
use pellucid_value::{Raster, Value};

use super::spread::needs_frames;
use super::window_blur::{RADIUS, SIGMA, window};
use crate::frames::{each_raster, image_part};

const IN: In<Raster> = In::new("image", "An image or a matte.");
const AMOUNT: Param<f64> =
    Param::float("amount", 1.0, "How much of the difference from the blurred picture is added.")
        .range(0.0, 100.0);
const OUT: Out<Raster> =
    Out::new("image", "The sharpened picture, held to 0..1: opaque as it was, or straight.");

/// The record of `window_sharpen`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "window_sharpen".into(),
        family: "filter".into(),
        docs: "Sharpens against a Gaussian cut off at a small window: c + amount * (c - blur(c)), \
               every channel of straight colour by itself, with the blur of `window_blur`. For \
               pictures with alpha there is `sharpen`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![RADIUS.decl(), SIGMA.decl(), AMOUNT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    needs_frames(cx, fact, 4);
    Ok(Checked::Facts(vec![OUT.fact(image_part(fact, |fact| windowed_fact(&fact)))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (window, amount) = (window(cx.params()), cx.param(AMOUNT) as f32);
    let sharpened = each_raster(
        cx,
        &cx.input(IN),
        |frame| window_sharpen(frame, window, amount),
        |frame| window_sharpen_matte(frame, window, amount),
    )?;
    Ok(vec![OUT.put(sharpened)])
}
