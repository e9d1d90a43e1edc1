//! Adds room around a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::resize::round_up;
use pellucid_pixel::transform::{
    Rect, crop, crop_fact, crop_matte, surround, surround_alpha, surround_matte,
};
use pellucid_pixel::{Edge, ImageFact};
use pellucid_value::{Raster, RasterFact, Value};

use super::scaling::size_of;
use crate::colours::colour_in;
use crate::frames::{each_raster, raster_bytes};
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const LEFT: Param<u32> = Param::<u32>::int("left", 0, "Pixels added on the left.").range(0, 65535);
const TOP: Param<u32> = Param::<u32>::int("top", 0, "Pixels added at the top.").range(0, 65535);
const RIGHT: Param<u32> =
    Param::<u32>::int("right", 0, "Pixels added on the right.").range(0, 65535);
const BOTTOM: Param<u32> =
    Param::<u32>::int("bottom", 0, "Pixels added at the bottom.").range(0, 65535);
const MULTIPLE: Param<u32> = Param::<u32>::int(
    "multiple",
    1,
    "Then more on the right and at the bottom, until both sides are multiples of this.",
)
.range(1, 4096);
const EDGE: Choice<Edge> = Choice::new(
    "edge",
    &Edge::NAMES,
    "What fills the room: `transparent` the colour, `clamp` the nearest pixel, `mirror` and \
     `repeat` the picture again.",
);
const COLOUR: Param<[f32; 4]> = Param::colour(
    "colour",
    [0.0, 0.0, 0.0, 0.0],
    "The colour of edge `transparent`; straight. Of a matte, its alpha counts.",
);
const OUT: Out<Raster> = Out::new("image", "The picture with room around it.");

/// The record of `pad`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "pad".into(),
        family: "transform".into(),
        docs: "Adds room around a picture, clear unless a colour or an edge is given. Pixels are \
               copied exactly; an opaque picture with clear room becomes premultiplied."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![
            LEFT.decl(),
            TOP.decl(),
            RIGHT.decl(),
            BOTTOM.decl(),
            MULTIPLE.decl(),
            EDGE.decl(),
            COLOUR.decl(),
        ],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let around = around(fact.size(), cx.params());
    let (width, height) = admit(around.width.into(), around.height.into(), grown(cx.params()))?;
    if (width, height) == fact.size() {
        return Ok(Checked::Forward("image"));
    }
    let padded = match fact {
        RasterFact::Image(fact) => RasterFact::Image(padded_fact(fact, around, cx.params())),
        RasterFact::Matte(_) => fact.sized(width, height),
    };
    cx.needs(2 * raster_bytes(padded));
    Ok(Checked::Facts(vec![OUT.fact(padded)]))
}

fn padded_fact(fact: ImageFact, around: Rect, params: Params) -> ImageFact {
    let edge = params.choice(EDGE);
    let cut = crop_fact(&fact, around, edge);
    if edge == Edge::Transparent {
        ImageFact { alpha: surround_alpha(cut.alpha, fact.alpha, params.get(COLOUR)), ..cut }
    } else {
        cut
    }
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let size = size_of(&raster);
    let around = around(size, cx.params());
    let inner = Rect { x: -around.x, y: -around.y, width: size.0, height: size.1 };
    let (edge, colour) = (cx.choice(EDGE), cx.param(COLOUR));
    let filled = edge == Edge::Transparent && colour != [0.0; 4];
    let padded = each_raster(
        cx,
        &raster,
        |frame| {
            let padded = crop(frame, around, edge);
            let colour = colour_in(frame.fact.encoding, colour);
            if filled { surround(&padded, inner, frame.fact.alpha, colour) } else { padded }
        },
        |frame| {
            let padded = crop_matte(frame, around, edge);
            if filled { surround_matte(&padded, inner, colour[3]) } else { padded }
        },
    )?;
    Ok(vec![OUT.put(padded)])
}

/// The padded picture as a rectangle of the picture.
fn around(size: (u32, u32), params: Params) -> Rect {
    let [left, top, right, bottom] = [LEFT, TOP, RIGHT, BOTTOM].map(|side| params.get(side));
    let multiple = params.get(MULTIPLE);
    let around = Rect::padded(size, left.into(), top.into(), right.into(), bottom.into());
    let (width, height) = (round_up(around.width, multiple), round_up(around.height, multiple));
    Rect { width, height, ..around }
}

/// The param to blame for a size: the first that adds something.
fn grown(params: Params) -> Param<u32> {
    let sides = [LEFT, TOP, RIGHT, BOTTOM];
    sides.into_iter().find(|side| params.get(*side) > 0).unwrap_or(MULTIPLE)
}
