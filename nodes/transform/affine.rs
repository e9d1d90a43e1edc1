//! Draws a picture through any affine map.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Edge;
use pellucid_pixel::transform::{
    Affine, Interpolation, NotInvertible, Warp, affine, affine_fact, affine_matte,
};
use pellucid_value::{Raster, RasterFact, Value};

use super::scaling::size_of;
use crate::frames::{each_raster, raster_bytes};
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const MATRIX: Param<Vec<f64>> = Param::numbers(
    "matrix_forward",
    &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    "Where positions go, a b c d e f: x' = a x + b y + c and y' = d x + e y + f, in pixels from \
     the top left corner.",
);
const WIDTH: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "width",
    "Width of the canvas in pixels; that of the picture when left out.",
)
.range(1, 65535);
const HEIGHT: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "height",
    "Height of the canvas in pixels; that of the picture when left out.",
)
.range(1, 65535);
const FILTER: Choice<Interpolation> =
    Choice::new("filter", &Interpolation::NAMES, "How values between pixels are found.");
const EDGE: Choice<Edge> = Choice::new("edge", &Edge::NAMES, "What lies beyond the border.");
const OUT: Out<Raster> = Out::new(
    "image",
    "The canvas: premultiplied, but in its alpha state where pixels are only moved.",
);

/// The record of `affine`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "affine".into(),
        family: "transform".into(),
        docs: "Draws a picture through an affine map: move, scale, turn and shear in one step. \
               Every pixel takes the value at the place its centre comes from; where the picture \
               gets smaller than half it is averaged. Maps that only permute pixels copy them \
               exactly."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![MATRIX.decl(), WIDTH.decl(), HEIGHT.decl(), FILTER.decl(), EDGE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let (map, (width, height)) = target(fact.size(), cx.params());
    let size = admit(width.into(), height.into(), WIDTH)?;
    if map == Affine::IDENTITY && size == fact.size() {
        return Ok(Checked::Forward("image"));
    }
    let fact = check_drawn(cx, fact, map, size, cx.choice(EDGE))
        .map_err(|error| NodeError::at(MATRIX, error.to_string()))?;
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let (map, size) = target(size_of(&raster), cx.params());
    let warp = Warp { interpolation: cx.choice(FILTER), edge: cx.choice(EDGE) };
    Ok(vec![OUT.put(drawn(cx, &raster, map, size, warp)?)])
}

fn target((width, height): (u32, u32), params: Params) -> (Affine, (u32, u32)) {
    let m = params.get(MATRIX);
    let map = Affine([[m[0], m[1], m[2]], [m[3], m[4], m[5]]]);
    (map, (params.get(WIDTH).unwrap_or(width), params.get(HEIGHT).unwrap_or(height)))
}

/// The fact of a raster drawn through a map, and the scratch memory it takes.
///
/// # Errors
/// When the map cannot be undone.
pub fn check_drawn(
    cx: &Check,
    fact: RasterFact,
    map: Affine,
    size: (u32, u32),
    edge: Edge,
) -> Result<RasterFact, NotInvertible> {
    map.inverse()?;
    let drawn = match fact {
        RasterFact::Image(fact) => RasterFact::Image(affine_fact(&fact, map, size, edge)?),
        RasterFact::Matte(_) => fact.sized(size.0, size.1),
    };
    cx.needs(2 * raster_bytes(fact) + raster_bytes(drawn));
    Ok(drawn)
}

/// Every frame drawn through a map that can be undone.
///
/// # Errors
/// When the work is no longer wanted.
pub fn drawn(
    cx: &Run,
    raster: &Raster,
    map: Affine,
    size: (u32, u32),
    warp: Warp,
) -> Result<Raster, NodeError> {
    const CHECKED: &str = "check has refused maps that cannot be undone";
    each_raster(
        cx,
        raster,
        |frame| affine(frame, map, size, warp).expect(CHECKED),
        |frame| affine_matte(frame, map, size, warp).expect(CHECKED),
    )
}
