//! Scales by a factor, every channel by itself.

use pellucid_graph::comfy::{ComfyClass, combo_as, float, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_value::{Raster, Value};

use super::interpolating::{FILTER, Interpolation, METHODS, rounded};
use super::scaling::size_of;
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const FACTOR: Param<f64> =
    Param::float("factor", 1.0, "What width and height are multiplied by.").range(0.0001, 1000.0);
const OUT: Out<Raster> = Out::new("image", "The picture at the new size: opaque, or straight.");

/// The record of `interpolate_by`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "interpolate_by".into(),
        family: "transform".into(),
        docs: "Scales by a factor as `interpolate` does; width and height are rounded to whole \
               pixels, halves to even, at least 1."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![FACTOR.decl(), FILTER.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_scale_by()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_scale_by() -> ComfyClass {
    ComfyClass::new("ImageScaleBy", "Upscale Image By")
        .input(socket("image", "IMAGE").to(IN))
        .input(combo_as("upscale_method", METHODS).to(FILTER))
        .input(float("scale_by", 1.0, 0.01..=8.0).to(FACTOR))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    task(fact.size(), cx.params())?.check(cx, fact, OUT, FACTOR)
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    Ok(vec![OUT.put(task(size_of(&raster), cx.params())?.run(cx, &raster)?)])
}

fn task((width, height): (u32, u32), params: Params) -> Result<Interpolation, NodeError> {
    let factor = params.get(FACTOR);
    let side = |side: u32| rounded(f64::from(side) * factor);
    let to = admit(side(width), side(height), FACTOR)?;
    Ok(Interpolation { to, by: params.choice(FILTER), crop: false })
}
