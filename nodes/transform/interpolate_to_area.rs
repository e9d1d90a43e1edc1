//! Scales to a number of pixels, every channel by itself.

use pellucid_graph::comfy::{ComfyClass, combo_as, float, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_value::{Raster, Value};

use super::interpolating::{FILTER, Interpolation, METHODS};
use super::scaling::size_of;
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const MEGAPIXELS: Param<f64> = Param::float(
    "megapixels",
    1.0,
    "About how many pixels the result has, in units of 1024 by 1024.",
)
.range(0.0001, 400.0);
const MULTIPLE: Param<u32> =
    Param::<u32>::int("multiple", 1, "Both sides become multiples of this.").range(1, 4096);
const OUT: Out<Raster> = Out::new("image", "The picture at the new size: opaque, or straight.");

/// The record of `interpolate_to_area`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "interpolate_to_area".into(),
        family: "transform".into(),
        docs: "Scales to a number of pixels as `interpolate` does, proportions kept: by \
               sqrt(pixels / (width * height)). Networks give their best at the number of pixels \
               they were trained on."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![MEGAPIXELS.decl(), MULTIPLE.decl(), FILTER.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_scale_to_total_pixels()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_scale_to_total_pixels() -> ComfyClass {
    ComfyClass::new("ImageScaleToTotalPixels", "Scale Image to Total Pixels")
        .input(socket("image", "IMAGE").to(IN))
        .input(combo_as("upscale_method", METHODS).to(FILTER))
        .input(float("megapixels", 1.0, 0.01..=16.0).to(MEGAPIXELS))
        .input(int("resolution_steps", 1, 1..=256).optional().to(MULTIPLE))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    task(fact.size(), cx.params())?.check(cx, fact, OUT, MEGAPIXELS)
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    Ok(vec![OUT.put(task(size_of(&raster), cx.params())?.run(cx, &raster)?)])
}

fn task(from: (u32, u32), params: Params) -> Result<Interpolation, NodeError> {
    let (width, height) = target(from, params.get(MEGAPIXELS), params.get(MULTIPLE));
    let to = admit(width, height, MEGAPIXELS)?;
    Ok(Interpolation { to, by: params.choice(FILTER), crop: false })
}

fn target((width, height): (u32, u32), megapixels: f64, multiple: u32) -> (u64, u64) {
    let pixels = (megapixels * 1024.0 * 1024.0).floor();
    let factor = (pixels / (f64::from(width) * f64::from(height))).sqrt();
    let multiple = f64::from(multiple);
    let side = |side: u32| {
        let steps = (f64::from(side) * factor / multiple).round_ties_even().max(1.0);
        (steps * multiple) as u64
    };
    (side(width), side(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_stay_and_the_area_is_met() {
        assert_eq!(target((512, 512), 1.0, 1), (1024, 1024));
        assert_eq!(target((300, 100), 0.01, 1), (177, 59));
        assert_eq!(target((300, 100), 0.01, 16), (176, 64));
        assert_eq!(target((5000, 1), 0.01, 1), (7241, 1));
    }
}
