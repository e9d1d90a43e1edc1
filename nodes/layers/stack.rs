//! Puts layers on each other.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, ManyIn, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::{Layer, Layers};
use pellucid_value::{LayerFact, LayersFact, Value};

use super::entries::common_batch;
use crate::limits::admit;

const IN: ManyIn<Arc<Layers>> =
    ManyIn::new("layers", "Layers, groups or whole stacks; the first lies at the bottom.");
const WIDTH: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "width",
    "Width of the canvas in pixels; that of the first when left out.",
)
.range(1, 65535);
const HEIGHT: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "height",
    "Height of the canvas in pixels; that of the first when left out.",
)
.range(1, 65535);
const OUT: Out<Arc<Layers>> = Out::new("layers", "All layers on one canvas.");

/// The record of `stack`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "stack".into(),
        family: "layers".into(),
        docs: "Puts layers on each other, the first at the bottom. Every layer keeps its place, \
               measured from the top left corner of the canvas."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![WIDTH.decl(), HEIGHT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let stacks = cx.many(IN);
    let batch = common_batch(&stacks, IN)?;
    let (width, height) = canvas((stacks[0].width, stacks[0].height), cx.params());
    let (width, height) = admit(width.into(), height.into(), WIDTH)?;
    if stacks.len() == 1 && (width, height) == (stacks[0].width, stacks[0].height) {
        return Ok(Checked::Forward("layers"));
    }
    let layers: Arc<[LayerFact]> = stacks.iter().flat_map(|s| s.layers.iter().cloned()).collect();
    Ok(Checked::Facts(vec![OUT.fact(LayersFact { width, height, batch, layers })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let stacks = cx.many(IN);
    let (width, height) = canvas((stacks[0].width, stacks[0].height), cx.params());
    let layers: Vec<Layer> = stacks.iter().flat_map(|s| s.layers.iter().cloned()).collect();
    Ok(vec![OUT.put(Arc::new(Layers { width, height, layers }))])
}

fn canvas(first: (u32, u32), params: Params) -> (u32, u32) {
    (params.get(WIDTH).unwrap_or(first.0), params.get(HEIGHT).unwrap_or(first.1))
}
