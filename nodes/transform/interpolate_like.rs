//! Scales to the size of another picture, every channel by itself.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Params, Run, RunFn,
};
use pellucid_value::{Raster, Value};

use super::interpolating::{CROP, FILTER, Interpolation};
use super::scaling::size_of;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const LIKE: In<Raster> = In::new("like", "An image or a matte of the size to be.");
const OUT: Out<Raster> = Out::new("image", "The picture at the new size: opaque, or straight.");

/// The record of `interpolate_like`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "interpolate_like".into(),
        family: "transform".into(),
        docs:
            "Scales to the size of another picture as `interpolate` does. A picture of that size \
               is left as it is."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), LIKE.decl()],
        params: vec![FILTER.decl(), CROP.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    task(cx.fact(LIKE).size(), cx.params()).check(cx, cx.fact(IN), OUT, CROP)
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let task = task(size_of(&cx.input(LIKE)), cx.params());
    Ok(vec![OUT.put(task.run(cx, &cx.input(IN))?)])
}

fn task(to: (u32, u32), params: Params) -> Interpolation {
    Interpolation { to, by: params.choice(FILTER), crop: params.choice(CROP) }
}
