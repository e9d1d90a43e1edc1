//! Converts colour between sRGB encoding and linear light.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_pixel::{Encoding, Image, ImageFact};
use pellucid_value::Value;

use crate::colours::SPACES;

const IN: In<Image> = In::new("image", "The picture.");
const SPACE: Choice<Encoding> = Choice::new("space", &SPACES, "The encoding of the result.");
const OUT: Out<Image> = Out::new("image", "The same picture in another encoding.");

/// The record of `encode`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode".into(),
        family: "alpha".into(),
        docs: "Converts colour between sRGB encoding and linear light (IEC 61966-2-1). Straight \
               colour is converted, alpha never is; the picture looks the same, but what mixes \
               its pixels later works in that space."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SPACE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (fact, encoding) = (cx.fact(IN), cx.choice(SPACE));
    if fact.encoding == encoding {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { encoding, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(cx.input(IN).encoded(cx.choice(SPACE)))])
}
