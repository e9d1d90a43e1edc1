//! Scales to a size in pixels, every channel by itself.

use pellucid_graph::comfy::{ComfyClass, combo_as, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_value::{Raster, Value};

use super::interpolating::{COMFY_CROPS, CROP, FILTER, Interpolation, METHODS, rounded};
use super::scaling::size_of;
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const WIDTH: Param<u32> =
    Param::<u32>::int("width", 512, "New width in pixels; 0 follows the height in proportion.")
        .required()
        .range(0, 65535);
const HEIGHT: Param<u32> =
    Param::<u32>::int("height", 512, "New height in pixels; 0 follows the width in proportion.")
        .required()
        .range(0, 65535);
const OUT: Out<Raster> = Out::new("image", "The picture at the new size: opaque, or straight.");

/// The record of `interpolate`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "interpolate".into(),
        family: "transform".into(),
        docs: "Scales to a size in pixels as tensor libraries do: every channel of straight \
               colour by itself, not smoothed when it shrinks. That is what networks expect; for \
               pictures to be looked at there is `resize`. Width and height both 0 change nothing."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![WIDTH.decl(), HEIGHT.decl(), FILTER.decl(), CROP.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_scale()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_scale() -> ComfyClass {
    ComfyClass::new("ImageScale", "Upscale Image")
        .input(socket("image", "IMAGE").to(IN))
        .input(combo_as("upscale_method", METHODS).to(FILTER))
        .input(int("width", 512, 0..=16384).to(WIDTH))
        .input(int("height", 512, 0..=16384).to(HEIGHT))
        .input(combo_as("crop", COMFY_CROPS).to(CROP))
        .output(output("IMAGE").from(OUT))
        .sized_like("interpolate_like", "like")
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    match task(fact.size(), cx.params())? {
        Some(task) => task.check(cx, fact, OUT, CROP),
        None => Ok(Checked::Forward("image")),
    }
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let scaled = match task(size_of(&raster), cx.params())? {
        Some(task) => task.run(cx, &raster)?,
        None => raster,
    };
    Ok(vec![OUT.put(scaled)])
}

fn task(from: (u32, u32), params: Params) -> Result<Option<Interpolation>, NodeError> {
    let Some((width, height)) = wanted(from, params.get(WIDTH), params.get(HEIGHT)) else {
        return Ok(None);
    };
    let to = admit(width, height, WIDTH)?;
    Ok(Some(Interpolation { to, by: params.choice(FILTER), crop: params.choice(CROP) }))
}

fn wanted(from: (u32, u32), width: u32, height: u32) -> Option<(u64, u64)> {
    let [w, h] = [from.0, from.1].map(f64::from);
    match (width, height) {
        (0, 0) => None,
        (0, height) => Some((rounded(w * f64::from(height) / h), height.into())),
        (width, 0) => Some((width.into(), rounded(h * f64::from(width) / w))),
        (width, height) => Some((width.into(), height.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_of_0_follows_in_proportion_rounding_half_to_even() {
        assert_eq!(wanted((300, 200), 150, 0), Some((150, 100)));
        assert_eq!(wanted((5, 2), 0, 1), Some((2, 1)));
        assert_eq!(wanted((7, 2), 0, 1), Some((4, 1)));
        assert_eq!(wanted((300, 1), 3, 0), Some((3, 1)));
        assert_eq!(wanted((300, 200), 0, 0), None);
    }
}
