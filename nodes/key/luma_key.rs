//! Keys by brightness.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::key::{LumaKey, LumaWeights, luma_key};
use pellucid_value::Value;

use super::keyed::{CUT, MATTE, facts, values};

const IN: In<Image> = In::new("image", "The picture.");
const LO: Param<f64> =
    Param::float("lo", 0.0, "Brightness up to which a pixel is clear.").range(0.0, 1.0);
const HI: Param<f64> =
    Param::float("hi", 1.0, "Brightness from which it is solid; at or below `lo` a hard cut.")
        .range(0.0, 1.0);
const SOFT: Param<bool> =
    Param::bool("soft", false, "Ends of the ramp are rounded: 3t^2 - 2t^3 of the straight ramp.");
const INVERT: Param<bool> =
    Param::bool("invert", false, "Dark pixels are kept in place of bright ones.");
const WEIGHTS: Choice<LumaWeights> = Choice::new(
    "weights",
    &LumaWeights::NAMES,
    "`encoded` is Rec. 601 (0.299, 0.587, 0.114) of sRGB-encoded values, `linear` is Rec. 709 \
     (0.2126, 0.7152, 0.0722) of linear light.",
);

/// The record of `luma_key`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "luma_key".into(),
        family: "key".into(),
        docs: "Keeps what is bright: the matte is clamp((Y - lo) / (hi - lo)) of the brightness Y \
               of straight colour."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![LO.decl(), HI.decl(), SOFT.decl(), INVERT.decl(), WEIGHTS.decl()],
        outputs: vec![MATTE.decl(), CUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    cx.needs(2 * fact.bytes());
    Ok(Checked::Facts(facts(fact, fact.batch)))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let key = LumaKey {
        lo: cx.param(LO) as f32,
        hi: cx.param(HI) as f32,
        soft: cx.param(SOFT),
        invert: cx.param(INVERT),
        weights: cx.choice(WEIGHTS),
    };
    let matte = luma_key(&image, &key);
    values(&image, matte)
}
