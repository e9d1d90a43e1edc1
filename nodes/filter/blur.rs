//! Blurs with a Gaussian.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Edge;
use pellucid_pixel::blur::{Gaussian, gaussian_blur, gaussian_blur_matte};
use pellucid_value::{Raster, Value};

use super::spread::{blurred, needs_frames};
use crate::frames::each_raster;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const SIGMA: Param<f64> =
    Param::float("sigma", 2.0, "Standard deviation in pixels.").range(0.0, 4096.0);
const SIGMA_Y: Param<Option<f64>> = Param::<Option<f64>>::float_or_unset(
    "sigma_y",
    "Standard deviation down, in pixels; as `sigma` when left out.",
)
.range(0.0, 4096.0);
const EDGE: Choice<Edge> = Choice::new("edge", &Edge::NAMES, "What lies beyond the border.");
const OUT: Out<Raster> = Out::new(
    "image",
    "The blurred picture: premultiplied, or opaque as it was unless the edge is transparent.",
);

/// The record of `blur`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "blur".into(),
        family: "filter".into(),
        docs: "Blurs with a Gaussian, exp(-x^2 / (2 sigma^2)), on premultiplied pixels, so clear \
               ones bleed no colour. The canvas stays: put a `pad` node in front where the blur \
               should reach beyond it."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SIGMA.decl(), SIGMA_Y.decl(), EDGE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (fact, how) = (cx.fact(IN), how(cx.params()));
    if how.sigma_x == 0.0 && how.sigma_y == 0.0 {
        return Ok(Checked::Forward("image"));
    }
    needs_frames(cx, fact, 3);
    Ok(Checked::Facts(vec![OUT.fact(blurred(fact, how.edge))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = how(cx.params());
    let blurred = each_raster(
        cx,
        &cx.input(IN),
        |frame| gaussian_blur(frame, how),
        |frame| gaussian_blur_matte(frame, how),
    )?;
    Ok(vec![OUT.put(blurred)])
}

fn how(params: Params) -> Gaussian {
    let sigma = params.get(SIGMA);
    let sigma_y = params.get(SIGMA_Y).unwrap_or(sigma) as f32;
    Gaussian { sigma_x: sigma as f32, sigma_y, edge: params.choice(EDGE) }
}
