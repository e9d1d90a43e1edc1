//! Multiplies colour by alpha.

use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const OUT: Out<Image> = Out::new("image", "The same picture, premultiplied.");

/// The record of `premultiply`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "premultiply".into(),
        family: "alpha".into(),
        docs: "Multiplies colour by alpha: c = C * a. The picture looks the same; colour under \
               alpha 0 becomes 0. Nodes do this by themselves where they mix pixels."
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
    if fact.alpha == Alpha::Premultiplied {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Premultiplied, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(cx.input(IN).premultiplied())])
}
