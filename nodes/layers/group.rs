//! Makes a group of a stack.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Layer, LayerContent, LayerMask, Layers, Matte, Mode};
use pellucid_value::{LayerFact, LayerFactContent, LayersFact, Value};

use super::layer::meaning;
use crate::sizes::{Sized, same_size};

const IN: In<Arc<Layers>> = In::new("layers", "The layers of the group.");
const MASK: OptIn<Matte> = OptIn::new(
    "mask",
    "A matte of the size of the canvas, multiplied into the alpha of the group.",
);
const NAME: Param<String> = Param::text("name", "group", "What the group is called.");
const MODE: Choice<Mode> = Choice::new(
    "mode",
    &Mode::NAMES,
    "How an isolated group meets what is below; one that is not has the modes of its layers.",
)
.meanings(meaning);
const OPACITY: Param<f64> =
    Param::float("opacity", 1.0, "Scales the alpha of the group, 0 to 1.").range(0.0, 1.0);
const VISIBLE: Param<bool> =
    Param::bool("visible", true, "A group that is not is kept in files and left out of pictures.");
const CLIPPED: Param<bool> = Param::bool(
    "clipped",
    false,
    "Shown only inside the nearest layer below that is not clipped itself.",
);
const ISOLATED: Param<bool> = Param::bool(
    "isolated",
    true,
    "Merge the layers among themselves first; otherwise they meet what is below the group.",
);
const OUT: Out<Arc<Layers>> = Out::new("layers", "A stack of this group alone.");

/// The record of `group`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "group".into(),
        family: "layers".into(),
        docs: "Makes one group of all layers of a stack, on the same canvas.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), MASK.decl()],
        params: vec![
            NAME.decl(),
            MODE.decl(),
            OPACITY.decl(),
            VISIBLE.decl(),
            CLIPPED.decl(),
            ISOLATED.decl(),
        ],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let stack = cx.fact(IN);
    if let Some(mask) = cx.given(MASK) {
        let size = (stack.width, stack.height);
        let of_stack = Sized { name: "layers", size, batch: stack.batch };
        let of_mask = Sized { name: "mask", size: mask.size(), batch: mask.batch };
        same_size(of_stack, of_mask, MASK)?;
        if mask.batch != 1 && mask.batch != stack.batch {
            let message =
                format!("mask is a batch of {}, but the layers of {}", mask.batch, stack.batch);
            return Err(NodeError::at(MASK, message)
                .hint("give one mask, or as many as there are pictures in each layer"));
        }
    }
    let content = LayerFactContent::Group(stack.layers.clone());
    let group = LayerFact { name: cx.param(NAME).as_str().into(), content };
    Ok(Checked::Facts(vec![OUT.fact(LayersFact { layers: [group].into(), ..stack })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let stack = cx.input(IN);
    let layers = stack.layers.clone();
    let group = Layer {
        name: cx.param(NAME),
        content: LayerContent::Group { layers, isolated: cx.param(ISOLATED) },
        mode: cx.choice(MODE),
        opacity: cx.param(OPACITY) as f32,
        visible: cx.param(VISIBLE),
        clipped: cx.param(CLIPPED),
        mask: cx.given(MASK).map(|matte| LayerMask { matte, x: 0, y: 0, outside: 0.0 }),
    };
    let (width, height) = (stack.width, stack.height);
    Ok(vec![OUT.put(Arc::new(Layers { width, height, layers: vec![group] }))])
}
