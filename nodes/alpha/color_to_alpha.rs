//! Makes a colour transparent.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::key::colour_to_alpha;
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::colours::colour_in;

const IN: In<Image> = In::new("image", "The picture.");
const COLOUR: Param<[f32; 4]> = Param::colour(
    "colour",
    [1.0, 1.0, 1.0, 1.0],
    "The colour that becomes transparent; its alpha is not used.",
);
const OUT: Out<Image> =
    Out::new("image", "The most transparent picture that looks alike, straight.");

/// The record of `color_to_alpha`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "color_to_alpha".into(),
        family: "alpha".into(),
        docs: "Makes a colour k transparent: the result over k is the picture. Per channel \
               a = (f - k) / (1 - k) above k and (k - f) / k below it; alpha is the greatest of \
               the three times the alpha that is there, colour clamp((f - k) / a + k)."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![COLOUR.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = ImageFact { alpha: Alpha::Straight, ..cx.fact(IN) };
    cx.needs(fact.bytes());
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let [r, g, b, _] = colour_in(image.fact.encoding, cx.param(COLOUR));
    Ok(vec![OUT.put(colour_to_alpha(&image, [r, g, b]))])
}
