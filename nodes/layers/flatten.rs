//! Merges a stack into one picture.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::merge::{Merge, merge, result_alpha};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact, Layers, flatten_in, layers_batch};
use pellucid_value::Value;

use super::entries::common_batch;
use crate::colours::SPACES;
use crate::limits::admit;

const IN: In<Arc<Layers>> = In::new("layers", "The stack of layers.");
const SPACE: Choice<Encoding> =
    Choice::new("space", &SPACES, "The encoding the mathematics works in.");
const BACKGROUND: Param<Option<[f32; 4]>> = Param::colour_or_unset(
    "background",
    "A colour to put under the merged layers; nothing when left out.",
);
const OUT: Out<Image> = Out::new(
    "image",
    "The picture, sRGB-encoded: opaque on a solid background, else premultiplied.",
);

/// The record of `flatten`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "flatten".into(),
        family: "layers".into(),
        docs: "Merges all visible layers of a stack into one picture of the size of the canvas. \
               The stack and isolated groups start from nothing; clipped layers take the shape of \
               their base; masks are multiplied into alpha."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SPACE.decl(), BACKGROUND.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let stack = cx.fact(IN);
    let batch = common_batch(std::slice::from_ref(&stack), IN)?;
    let (width, height) = admit(stack.width.into(), stack.height.into(), IN)?;
    let flat = ImageFact { batch, ..ImageFact::new(width, height, Alpha::Premultiplied) };
    let Some(colour) = cx.param(BACKGROUND) else {
        return Ok(Checked::Facts(vec![OUT.fact(flat)]));
    };
    let solid = solid_fact(flat, colour);
    cx.needs(flat.bytes() + solid.bytes());
    let alpha = result_alpha(solid.alpha, flat.alpha, &over(cx.choice(SPACE)), false);
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha, ..flat })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let stack = cx.input(IN);
    if layers_batch(&stack).is_none() {
        let message = "masks and pictures of the layers are batches of different sizes";
        return Err(NodeError::new(message).about(IN));
    }
    cx.step(0, 1)?;
    let space = cx.choice(SPACE);
    let flat = flatten_in(&stack, space);
    let Some(colour) = cx.param(BACKGROUND) else { return Ok(vec![OUT.put(flat)]) };
    let solid = Image::filled(solid_fact(flat.fact, colour), colour);
    Ok(vec![OUT.put(merge(&solid, &flat, None, &over(space)))])
}

fn over(space: Encoding) -> Merge {
    Merge { space, ..Merge::default() }
}

/// One picture of the background.
fn solid_fact(flat: ImageFact, colour: [f32; 4]) -> ImageFact {
    let alpha = if colour[3] == 1.0 { Alpha::Opaque } else { Alpha::Straight };
    ImageFact::new(flat.width, flat.height, alpha)
}
