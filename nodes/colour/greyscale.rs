//! Makes a picture grey.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::{GreyWeights, greyscale};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const WEIGHTS: Choice<GreyWeights> =
    Choice::new("weights", &GreyWeights::NAMES, "How the channels add up.").meanings(meaning);
const OUT: Out<Image> = Out::new("image", "The picture with three equal channels.");

/// The record of `greyscale`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "greyscale".into(),
        family: "colour".into(),
        docs: "Makes all three channels grey. Alpha and the encoding stay.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![WEIGHTS.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    match word {
        "luminance" => "Rec. 709: 0.2126, 0.7152, 0.0722 of linear light",
        "luma" => "Rec. 601: 0.299, 0.587, 0.114 of sRGB-encoded values",
        "average" => "the mean of the channels, in the encoding of the picture",
        "max" => "the greatest channel",
        _ => "",
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(greyscale(&cx.input(IN), cx.choice(WEIGHTS)))])
}
