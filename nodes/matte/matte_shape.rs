//! Draws a rectangle or an ellipse as a matte.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::figure::{Figure, Outline, draw_figure};
use pellucid_pixel::{Matte, MatteFact};
use pellucid_value::Value;

const WIDTH: Param<u32> =
    Param::<u32>::int("width", 512, "Width of the matte in pixels.").range(1, 16384);
const HEIGHT: Param<u32> =
    Param::<u32>::int("height", 512, "Height of the matte in pixels.").range(1, 16384);
const SHAPE: Choice<Outline> = Choice::new("shape", &Outline::NAMES, "What is drawn.");
const X: Param<f64> =
    Param::float("x", 0.0, "Left edge of the shape, in pixels.").range(-65535.0, 65535.0);
const Y: Param<f64> =
    Param::float("y", 0.0, "Top edge of the shape, in pixels.").range(-65535.0, 65535.0);
const SHAPE_WIDTH: Param<Option<f64>> = Param::<Option<f64>>::float_or_unset(
    "shape_width",
    "Width of the shape in pixels; to the right border when left out.",
)
.range(0.0, 131070.0);
const SHAPE_HEIGHT: Param<Option<f64>> = Param::<Option<f64>>::float_or_unset(
    "shape_height",
    "Height of the shape in pixels; to the bottom border when left out.",
)
.range(0.0, 131070.0);
const CORNER: Param<f64> =
    Param::float("corner", 0.0, "Radius of a rectangle's corners, in pixels.").range(0.0, 65535.0);
const SOFTNESS: Param<f64> = Param::float(
    "softness",
    0.0,
    "Width of the ramp centred on the edge, in pixels; edges are smooth at 0 too.",
)
.range(0.0, 65535.0);
const OUT: Out<Matte> = Out::new("matte", "1 inside the shape, 0 outside.");

/// The record of `matte_shape`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_shape".into(),
        family: "matte".into(),
        docs: "Draws a rectangle or an ellipse as a matte. Its values are 1/2 - distance to the \
               edge / max(softness, 1), held to 0..1."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![
            WIDTH.decl(),
            HEIGHT.decl(),
            SHAPE.decl(),
            X.decl(),
            Y.decl(),
            SHAPE_WIDTH.decl(),
            SHAPE_HEIGHT.decl(),
            CORNER.decl(),
            SOFTNESS.decl(),
        ],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(MatteFact::new(cx.param(WIDTH), cx.param(HEIGHT)))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(draw_figure((cx.param(WIDTH), cx.param(HEIGHT)), figure(cx.params())))])
}

fn figure(params: Params) -> Figure {
    let (x, y) = (params.get(X), params.get(Y));
    let rest = |size: Param<u32>, start: f64| (f64::from(params.get(size)) - start).max(0.0);
    Figure {
        outline: params.choice(SHAPE),
        x,
        y,
        width: params.get(SHAPE_WIDTH).unwrap_or_else(|| rest(WIDTH, x)),
        height: params.get(SHAPE_HEIGHT).unwrap_or_else(|| rest(HEIGHT, y)),
        corner: params.get(CORNER),
        softness: params.get(SOFTNESS),
    }
}
