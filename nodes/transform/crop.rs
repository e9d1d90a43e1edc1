//! Cuts out a rectangle.

use pellucid_graph::comfy::{ComfyClass, ComfyInput, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Edge;
use pellucid_pixel::transform::{Rect, crop, crop_fact, crop_matte};
use pellucid_value::{Raster, RasterFact, Value};

use super::scaling::size_of;
use crate::frames::{each_raster, raster_bytes};
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const X: Param<i32> =
    Param::<i32>::int("x", 0, "Left edge of the rectangle, in pixels.").range(-65535, 65535);
const Y: Param<i32> =
    Param::<i32>::int("y", 0, "Top edge of the rectangle, in pixels.").range(-65535, 65535);
const WIDTH: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "width",
    "Width in pixels; to the right border when left out.",
)
.range(1, 65535);
const HEIGHT: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "height",
    "Height in pixels; to the bottom border when left out.",
)
.range(1, 65535);
const EDGE: Choice<Edge> =
    Choice::new("edge", &Edge::NAMES, "What is seen where the rectangle leaves the picture.");
const OUTSIDE: Choice<Outside> = Choice::new(
    "outside",
    &OUTSIDES,
    "What becomes of a rectangle that leaves the picture: `show` keeps its size, `cut` cuts off \
     what sticks out, `move` also moves a corner beyond the picture onto its last pixel.",
);
const OUT: Out<Raster> = Out::new("image", "The rectangle.");

/// What becomes of a rectangle that leaves the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outside {
    Show,
    Cut,
    Move,
}

const OUTSIDES: &[(&str, Outside)] =
    &[("show", Outside::Show), ("cut", Outside::Cut), ("move", Outside::Move)];

/// The record of `crop`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "crop".into(),
        family: "transform".into(),
        docs: "Cuts out a rectangle, which may leave the picture on every side but must show some \
               of it. Pixels are copied exactly; an opaque picture that gets clear pixels becomes \
               premultiplied."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![X.decl(), Y.decl(), WIDTH.decl(), HEIGHT.decl(), EDGE.decl(), OUTSIDE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_crop(), crop_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_crop() -> ComfyClass {
    ComfyClass::new("ImageCrop", "Image Crop")
        .input(socket("image", "IMAGE").to(IN))
        .input(side("width").to(WIDTH))
        .input(side("height").to(HEIGHT))
        .input(start("x").to(X))
        .input(start("y").to(Y))
        .always(OUTSIDE, "move")
        .output(output("IMAGE").from(OUT))
}

fn crop_mask() -> ComfyClass {
    ComfyClass::new("CropMask", "CropMask")
        .input(socket("mask", "MASK").to(IN))
        .input(start("x").to(X))
        .input(start("y").to(Y))
        .input(side("width").to(WIDTH))
        .input(side("height").to(HEIGHT))
        .always(OUTSIDE, "cut")
        .output(output("MASK").from(OUT))
}

fn side(name: &str) -> ComfyInput {
    int(name, 512, 1..=16384)
}

fn start(name: &str) -> ComfyInput {
    int(name, 0, 0..=16384)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let rect = rect(fact.size(), cx.params())?;
    let (width, height) = admit(rect.width.into(), rect.height.into(), WIDTH)?;
    if (rect.x, rect.y, width, height) == (0, 0, fact.size().0, fact.size().1) {
        return Ok(Checked::Forward("image"));
    }
    let cut = match fact {
        RasterFact::Image(fact) => RasterFact::Image(crop_fact(&fact, rect, cx.choice(EDGE))),
        RasterFact::Matte(_) => fact.sized(width, height),
    };
    cx.needs(raster_bytes(cut));
    Ok(Checked::Facts(vec![OUT.fact(cut)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let (rect, edge) = (rect(size_of(&raster), cx.params())?, cx.choice(EDGE));
    let image = each_raster(
        cx,
        &raster,
        |frame| crop(frame, rect, edge),
        |frame| crop_matte(frame, rect, edge),
    )?;
    Ok(vec![OUT.put(image)])
}

fn rect(size: (u32, u32), params: Params) -> Result<Rect, NodeError> {
    let outside = params.choice(OUTSIDE);
    let (x, width) = axis(params.get(X), params.get(WIDTH), size.0, outside)
        .map_err(|seen| refused(X, seen, "wide", size.0))?;
    let (y, height) = axis(params.get(Y), params.get(HEIGHT), size.1, outside)
        .map_err(|seen| refused(Y, seen, "high", size.1))?;
    Ok(Rect { x, y, width, height })
}

/// Start and length along an axis, or the span when it shows nothing of the picture.
fn axis(
    start: i32,
    length: Option<u32>,
    size: u32,
    outside: Outside,
) -> Result<(i64, u32), (i64, i64)> {
    let (mut start, size) = (i64::from(start), i64::from(size));
    if outside == Outside::Move {
        start = start.clamp(0, size - 1);
    }
    let end = length.map_or(size, |length| start + i64::from(length));
    if start < size && end > 0 && end > start {
        let (start, end) =
            if outside == Outside::Show { (start, end) } else { (start.max(0), end.min(size)) };
        Ok((start, (end - start) as u32))
    } else {
        Err((start, end))
    }
}

fn refused(param: Param<i32>, (start, end): (i64, i64), side: &str, size: u32) -> NodeError {
    let message = if end > start {
        format!("the rectangle from {start} to {end} shows nothing of a picture {size} {side}")
    } else {
        format!("the rectangle starts at {start}, but the picture is {size} {side}")
    };
    NodeError::at(param, message).hint("move it onto the picture")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_left_out_reaches_the_border() {
        let axis = |start, length| axis(start, length, 10, Outside::Show);
        assert_eq!(axis(3, None), Ok((3, 7)));
        assert_eq!(axis(-2, None), Ok((-2, 12)));
        assert_eq!(axis(8, Some(5)), Ok((8, 5)));
    }

    #[test]
    fn what_sticks_out_is_cut_off_where_that_is_asked_for() {
        let cut = |start, length| axis(start, Some(length), 10, Outside::Cut);
        assert_eq!([cut(8, 5), cut(-2, 5), cut(2, 3)], [Ok((8, 2)), Ok((0, 3)), Ok((2, 3))]);
        assert!(cut(10, 5).is_err() && cut(-5, 5).is_err());
        let moved = |start, length| axis(start, Some(length), 10, Outside::Move);
        assert_eq!([moved(12, 5), moved(-5, 3), moved(8, 5)], [Ok((9, 1)), Ok((0, 3)), Ok((8, 2))]);
    }

    #[test]
    fn a_rectangle_beside_the_picture_is_refused() {
        let axis = |start, length| axis(start, length, 10, Outside::Show);
        assert!(axis(10, None).is_err());
        assert!(axis(10, Some(3)).is_err());
        assert!(axis(-3, Some(3)).is_err());
    }
}
