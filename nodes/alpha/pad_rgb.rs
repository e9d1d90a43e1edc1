//! Makes the opaque picture that LayerDiffusion's networks are fed.

use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::alpha::pad_rgb;
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::frames::{each_image, frame_bytes};

const IN: In<Image> = In::new("image", "The picture.");
const OUT: Out<Image> = Out::new("image", "An opaque picture with colour everywhere.");

/// The record of `pad_rgb`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "pad_rgb".into(),
        family: "alpha".into(),
        docs: "Lays a picture over its own colours, diffused by a pyramid into what is clear: the \
               opaque picture that LayerDiffusion's networks are fed. Where alpha is 1 nothing \
               changes; soft pixels are mixed with the colour around them. To keep alpha, use \
               `bleed`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if fact.alpha == Alpha::Opaque {
        return Ok(Checked::Forward("image"));
    }
    // Levels shrink by 1.2 a side, so all of them together are 3.3 times the first.
    cx.needs(fact.bytes() + 6 * frame_bytes(fact));
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Opaque, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    Ok(vec![OUT.put(each_image(cx, &image, pad_rgb)?)])
}
