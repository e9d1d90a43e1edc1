//! Makes a matte of one value.

use pellucid_graph::comfy::{ComfyClass, float, int, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, NodeError, NodeKind, OptIn, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::{Matte, MatteFact};
use pellucid_value::{Raster, Value};

use crate::transform::scaling::size_of;

const VALUE: Param<f64> =
    Param::float("value", 1.0, "The value: 0 is clear, 1 is solid.").range(0.0, 1.0);
const LIKE: OptIn<Raster> =
    OptIn::new("like", "A picture whose size it is to have, instead of the params.");
const WIDTH: Param<u32> = Param::<u32>::int("width", 512, "Width in pixels.").range(1, 16384);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 512, "Height in pixels.").range(1, 16384);
const OUT: Out<Matte> = Out::new("matte", "The value everywhere.");

/// The record of `matte_solid`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_solid".into(),
        family: "matte".into(),
        docs: "Makes a matte of one value.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LIKE.decl()],
        params: vec![VALUE.decl(), WIDTH.decl(), HEIGHT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![solid_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn solid_mask() -> ComfyClass {
    ComfyClass::new("SolidMask", "SolidMask")
        .input(float("value", 1.0, 0.0..=1.0).to(VALUE))
        .input(int("width", 512, 1..=16384).to(WIDTH))
        .input(int("height", 512, 1..=16384).to(HEIGHT))
        .output(output("MASK").from(OUT))
        .sized_like("matte_solid", LIKE)
}

fn fact(like: Option<(u32, u32)>, params: Params) -> MatteFact {
    let (width, height) = like.unwrap_or((params.get(WIDTH), params.get(HEIGHT)));
    MatteFact::new(width, height)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(fact(cx.given(LIKE).map(|like| like.size()), cx.params()))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let fact = fact(cx.given(LIKE).map(|like| size_of(&like)), cx.params());
    Ok(vec![OUT.put(Matte::new(fact, vec![cx.param(VALUE) as f32; fact.len()]))])
}
