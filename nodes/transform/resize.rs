//! Scales to a size in pixels.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_value::{Raster, Value};

use super::scaling::{CLAMP, FILTER, LINEAR_LIGHT, check_resized, resized, size_of};
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const WIDTH: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "width",
    "New width in pixels; by the height, in proportion, when left out.",
)
.range(1, 65535);
const HEIGHT: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "height",
    "New height in pixels; by the width, in proportion, when left out.",
)
.range(1, 65535);
const OUT: Out<Raster> =
    Out::new("image", "The picture at the new size: premultiplied, or opaque as it was.");

/// The record of `resize`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "resize".into(),
        family: "transform".into(),
        docs: "Scales to a size in pixels. With one of width and height the other follows in \
               proportion. Premultiplied values are filtered, so clear pixels leave no fringe; \
               the weights of every pixel sum to 1 also at the border."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![WIDTH.decl(), HEIGHT.decl(), FILTER.decl(), LINEAR_LIGHT.decl(), CLAMP.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let size = target(fact.size(), cx.params())?;
    if size == fact.size() {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(check_resized(cx, fact, size))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let size = target(size_of(&raster), cx.params())?;
    Ok(vec![OUT.put(resized(cx, &raster, size)?)])
}

fn target(from: (u32, u32), params: Params) -> Result<(u32, u32), NodeError> {
    let (width, height) = wanted(from, params.get(WIDTH), params.get(HEIGHT))?;
    admit(width, height, if params.get(WIDTH).is_some() { WIDTH } else { HEIGHT })
}

fn wanted(
    from: (u32, u32),
    width: Option<u32>,
    height: Option<u32>,
) -> Result<(u64, u64), NodeError> {
    match (width, height) {
        (Some(width), Some(height)) => Ok((width.into(), height.into())),
        (Some(width), None) => Ok((width.into(), in_proportion(from.1, width, from.0))),
        (None, Some(height)) => Ok((in_proportion(from.0, height, from.1), height.into())),
        (None, None) => Err(NodeError::at(WIDTH, "neither width nor height is given")
            .hint("give one of them, or both; a factor is what `scale` takes")),
    }
}

/// `side * to / from`, rounded to the nearest whole number, at least 1.
fn in_proportion(side: u32, to: u32, from: u32) -> u64 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from));
    ((side * to + from / 2) / from).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_left_out_follows_in_proportion() {
        assert_eq!(wanted((300, 200), Some(150), None), Ok((150, 100)));
        assert_eq!(wanted((300, 200), None, Some(33)), Ok((50, 33)));
        assert_eq!(wanted((300, 1), Some(3), None), Ok((3, 1)));
        assert_eq!(wanted((300, 200), Some(7), Some(9)), Ok((7, 9)));
        assert!(wanted((300, 200), None, None).is_err());
    }
}
