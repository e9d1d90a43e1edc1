//! Cuts out a rectangle.

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
const OUT: Out<Raster> = Out::new("image", "The rectangle.");

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
        params: vec![X.decl(), Y.decl(), WIDTH.decl(), HEIGHT.decl(), EDGE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
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
    let (x, width) = axis(params.get(X), params.get(WIDTH), size.0)
        .map_err(|seen| refused(X, seen, "wide", size.0))?;
    let (y, height) = axis(params.get(Y), params.get(HEIGHT), size.1)
        .map_err(|seen| refused(Y, seen, "high", size.1))?;
    Ok(Rect { x, y, width, height })
}

/// Start and length along an axis, or the span when it shows nothing of the picture.
fn axis(start: i32, length: Option<u32>, size: u32) -> Result<(i64, u32), (i64, i64)> {
    let (start, size) = (i64::from(start), i64::from(size));
    let end = length.map_or(size, |length| start + i64::from(length));
    if start < size && end > 0 && end > start {
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
        assert_eq!(axis(3, None, 10), Ok((3, 7)));
        assert_eq!(axis(-2, None, 10), Ok((-2, 12)));
        assert_eq!(axis(8, Some(5), 10), Ok((8, 5)));
    }

    #[test]
    fn a_rectangle_beside_the_picture_is_refused() {
        assert!(axis(10, None, 10).is_err());
        assert!(axis(10, Some(3), 10).is_err());
        assert!(axis(-3, Some(3), 10).is_err());
    }
}
