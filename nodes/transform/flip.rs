//! Mirrors a picture.

use pellucid_graph::comfy::{ComfyClass, combo_as, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_pixel::transform::{Axis, flip, flip_matte};
use pellucid_value::{Raster, Value};

use crate::frames::{each_raster, raster_bytes};

const IN: In<Raster> = In::new("image", "An image or a matte.");
const AXIS: Choice<Axis> = Choice::new(
    "axis",
    &Axis::NAMES,
    "`horizontal` exchanges left and right, `vertical` top and bottom, `both` is a half turn.",
);
const OUT: Out<Raster> = Out::new("image", "The mirrored picture, in the same alpha state.");

/// The record of `flip`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "flip".into(),
        family: "transform".into(),
        docs: "Mirrors a picture. Pixels are copied exactly.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![AXIS.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_flip()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_flip() -> ComfyClass {
    let axes = [("x-axis: vertically", "vertical"), ("y-axis: horizontally", "horizontal")];
    ComfyClass::new("ImageFlip", "Flip Image")
        .input(socket("image", "IMAGE").to(IN))
        .input(combo_as("flip_method", &axes).to(AXIS))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    cx.needs(raster_bytes(fact));
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let axis = cx.choice(AXIS);
    let raster = cx.input(IN);
    let flipped =
        each_raster(cx, &raster, |frame| flip(frame, axis), |frame| flip_matte(frame, axis))?;
    Ok(vec![OUT.put(flipped)])
}
