//! Divides colour by alpha.

use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const OUT: Out<Image> = Out::new("image", "The same picture, straight.");

/// The record of `unpremultiply`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "unpremultiply".into(),
        family: "alpha".into(),
        docs: "Divides colour by alpha: C = c / a. The picture looks the same; the colour of \
               premultiplied pixels of alpha 0 is unknown and becomes 0, which `bleed` fills."
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
    if fact.alpha == Alpha::Straight {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Straight, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(cx.input(IN).straight())])
}
