//! Takes the middle value of every neighbourhood.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::median::{median, median_matte};
use pellucid_value::{Raster, Value};

use super::spread::{mixed, needs_frames};
use crate::frames::each_raster;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const RADIUS: Param<u32> =
    Param::<u32>::int("radius", 1, "Pixels on each side of the middle.").range(0, 64);
const OUT: Out<Raster> =
    Out::new("image", "The picture without specks: premultiplied, or opaque as it was.");

/// The record of `median`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "median".into(),
        family: "filter".into(),
        docs: "Takes the middle value of every square of 2 * radius + 1 pixels a side, channel by \
               channel, on premultiplied pixels. Removes specks and keeps edges. Beyond the \
               border lies the nearest pixel."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![RADIUS.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if cx.param(RADIUS) == 0 {
        return Ok(Checked::Forward("image"));
    }
    needs_frames(cx, fact, 2);
    Ok(Checked::Facts(vec![OUT.fact(mixed(fact))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let radius = cx.param(RADIUS);
    let image = each_raster(
        cx,
        &cx.input(IN),
        |frame| median(frame, radius),
        |frame| median_matte(frame, radius),
    )?;
    Ok(vec![OUT.put(image)])
}
