//! Stops text encoders early.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Clip, Value};

const CLIP_IN: In<Arc<Clip>> = In::new("clip", "The text encoders.");
const LAYERS: Param<u32> = Param::<u32>::int(
    "layers",
    1,
    "How far from the end to stop: 1 is the last layer, 2 the last but one.",
)
.range(1, 24);
const CLIP: Out<Arc<Clip>> = Out::new("clip", "The text encoders that stop there.");

/// The record of `clip_skip`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "clip_skip".into(),
        family: "text".into(),
        docs: "Lets text encoders stop before their last layer, as some models were trained with."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CLIP_IN.decl()],
        params: vec![LAYERS.decl()],
        outputs: vec![CLIP.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("CLIPSetLastLayer", "CLIP Set Last Layer")
        .input(socket("clip", "CLIP"))
        .input(int("stop_at_clip_layer", -1, -24..=-1))
        .output(output("CLIP"))
        .rewrite(|cx| {
            let (clip, layer) = (cx.wire("clip")?, cx.int("stop_at_clip_layer")?);
            let layers = cx.derived("stop_at_clip_layer", -layer);
            let node = cx.node("clip_skip").wire(CLIP_IN, clip).set(LAYERS, layers).add();
            cx.output(0, node.out(CLIP));
            Ok(())
        })
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![CLIP.fact(cx.fact(CLIP_IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let clip = cx.input(CLIP_IN);
    let skip = Some(cx.param(LAYERS));
    Ok(vec![CLIP.put(Clip { skip, ..(*clip).clone() }.into())])
}
