//! Blurs within a window, every channel by itself.

use pellucid_graph::comfy::{ComfyClass, float, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::window::{Window, window_blur, window_blur_matte, windowed_fact};
use pellucid_value::{Raster, Value};

use super::spread::needs_frames;
use crate::frames::{each_raster, image_part};

const IN: In<Raster> = In::new("image", "An image or a matte.");
const OUT: Out<Raster> = Out::new("image", "The blurred picture: opaque as it was, or straight.");

/// Half the window.
pub const RADIUS: Param<u32> =
    Param::<u32>::int("radius", 1, "Pixels of the window on each side of its centre.")
        .range(1, 512);
/// Width of the Gaussian.
pub const SIGMA: Param<f64> =
    Param::float("sigma", 1.0, "Standard deviation of the Gaussian, as a multiple of the radius.")
        .range(0.01, 100.0);

/// The record of `window_blur`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "window_blur".into(),
        family: "filter".into(),
        docs: "Blurs with a Gaussian cut off at a small window, every channel of straight colour \
               by itself, the picture reflected at its border pixels. For pictures with alpha \
               there is `blur`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![RADIUS.decl(), SIGMA.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_blur()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_blur() -> ComfyClass {
    ComfyClass::new("ImageBlur", "Image Blur")
        .input(socket("image", "IMAGE").to(IN))
        .input(int("blur_radius", 1, 1..=31).to(RADIUS))
        .input(float("sigma", 1.0, 0.1..=10.0).to(SIGMA))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    needs_frames(cx, fact, 3);
    Ok(Checked::Facts(vec![OUT.fact(image_part(fact, |fact| windowed_fact(&fact)))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let window = window(cx.params());
    let blurred = each_raster(
        cx,
        &cx.input(IN),
        |frame| window_blur(frame, window),
        |frame| window_blur_matte(frame, window),
    )?;
    Ok(vec![OUT.put(blurred)])
}

/// The window of a kind that declares [`RADIUS`] and [`SIGMA`].
pub fn window(params: Params) -> Window {
    let radius = params.get(RADIUS);
    Window { radius, sigma: (params.get(SIGMA) * f64::from(radius)) as f32 }
}
