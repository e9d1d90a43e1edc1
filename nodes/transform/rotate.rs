//! Turns a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Edge;
use pellucid_pixel::transform::{Affine, Canvas, Interpolation, Warp, rotation};
use pellucid_value::{Raster, Value};

use super::affine::{check_drawn, drawn};
use super::scaling::size_of;
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const DEGREES: Param<f64> =
    Param::float("degrees", 0.0, "Clockwise degrees.").range(-36000.0, 36000.0);
const PIVOT: Param<Vec<f64>> = Param::numbers(
    "pivot",
    &[0.5, 0.5],
    "The point that stays, as fractions of width and height from -10 to 10; on a canvas that \
     expands it does not matter.",
);
const EXPAND: Param<bool> = Param::bool(
    "expand",
    false,
    "Make the canvas as large as it takes to see everything; otherwise corners are cut off.",
);
const FILTER: Choice<Interpolation> =
    Choice::new("filter", &Interpolation::NAMES, "How values between pixels are found.");
const EDGE: Choice<Edge> = Choice::new("edge", &Edge::NAMES, "What lies beyond the border.");
const OUT: Out<Raster> = Out::new(
    "image",
    "The turned picture: premultiplied, but in its alpha state where pixels are only moved.",
);

/// The record of `rotate`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "rotate".into(),
        family: "transform".into(),
        docs: "Turns a picture clockwise about a point. Quarter turns on a canvas that expands \
               copy pixels exactly; everything else interpolates premultiplied values."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![DEGREES.decl(), PIVOT.decl(), EXPAND.decl(), FILTER.decl(), EDGE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let (map, (width, height)) = turned(fact.size(), cx.params())?;
    if cx.param(DEGREES) % 360.0 == 0.0 {
        return Ok(Checked::Forward("image"));
    }
    let size = admit(width.into(), height.into(), EXPAND)?;
    let fact = check_drawn(cx, fact, map, size, cx.choice(EDGE))
        .map_err(|error| NodeError::at(DEGREES, error.to_string()))?;
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let (map, size) = turned(size_of(&raster), cx.params())?;
    let warp = Warp { interpolation: cx.choice(FILTER), edge: cx.choice(EDGE) };
    Ok(vec![OUT.put(drawn(cx, &raster, map, size, warp)?)])
}

fn turned(size: (u32, u32), params: Params) -> Result<(Affine, (u32, u32)), NodeError> {
    let (degrees, pivot) = (params.get(DEGREES), params.get(PIVOT));
    if let Some(far) = pivot.iter().find(|part| part.abs() > 10.0) {
        return Err(NodeError::at(PIVOT, format!("{far} is too far from the picture"))
            .hint("0 is the left or top edge, 1 the right or bottom edge"));
    }
    if params.get(EXPAND) {
        return Ok(rotation(size, degrees, Canvas::Expand));
    }
    let pivot = (pivot[0] * f64::from(size.0), pivot[1] * f64::from(size.1));
    Ok((Affine::layer((1.0, 1.0), degrees, pivot, (0.0, 0.0)), size))
}
