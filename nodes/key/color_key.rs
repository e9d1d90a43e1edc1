//! Keys by distance from a colour.

use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_pixel::Image;
use pellucid_pixel::key::{ColourKey, colour_key};
use pellucid_value::Value;

use super::keyed::{CUT, MATTE, facts, values};
use crate::colours::colour_in;

const IN: In<Image> = In::new("image", "The picture.");
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.0, 1.0, 0.0, 1.0], "The colour to remove; its alpha is not used.");
const SIMILARITY: Param<f64> = Param::float(
    "similarity",
    0.2,
    "Distance up to which a pixel is clear; 1 is that of black from white.",
)
.range(0.0, 1.0);
const SOFTNESS: Param<f64> =
    Param::float("softness", 0.1, "Further distance over which it becomes solid; 0 is a hard cut.")
        .range(0.0, 1.0);

/// The record of `color_key`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "color_key".into(),
        family: "key".into(),
        docs: "Keeps what is far enough from a colour. The matte is \
               clamp((d - similarity) / softness) with d = sqrt((dr^2 + dg^2 + db^2) / 3) of \
               straight colour."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![COLOUR.decl(), SIMILARITY.decl(), SOFTNESS.decl()],
        outputs: vec![MATTE.decl(), CUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    cx.needs(fact.bytes());
    Ok(Checked::Facts(facts(fact, fact.batch)))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let [r, g, b, _] = colour_in(image.fact.encoding, cx.param(COLOUR));
    let key = ColourKey {
        colour: [r, g, b],
        similarity: cx.param(SIMILARITY) as f32,
        softness: cx.param(SOFTNESS) as f32,
    };
    let matte = colour_key(&image, &key);
    values(&image, matte)
}
