//! Gives a picture the colour statistics of another.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::{MatchColour, MatchSpace, match_colour};
use pellucid_value::Value;

use crate::frames::{each, frame_bytes, image_at, joined};

const IN: In<Image> = In::new("image", "The picture.");
const TARGET: In<Image> =
    In::new("target", "The picture whose colours are wanted; it may be of another size.");
const SPACE: Choice<MatchSpace> = Choice::new(
    "space",
    &MatchSpace::NAMES,
    "Where mean and deviation are taken: `oklab`, whose channels depend little on each other, or \
     `rgb` in the encoding of the picture.",
);
const AMOUNT: Param<f64> =
    Param::float("amount", 1.0, "0 changes nothing, 1 matches fully.").range(0.0, 1.0);
const DEVIATION: Param<bool> =
    Param::bool("deviation", true, "Matches the standard deviation too, not only the mean.");
const OUT: Out<Image> = Out::new("image", "The picture in the colours of `target`.");

/// The record of `match_colour`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "match_colour".into(),
        family: "colour".into(),
        docs: "Gives a picture the mean and the standard deviation of another's colour (after \
               Reinhard and others, 2001): v' = (v - mean) * deviation_of_target / deviation + \
               mean_of_target, a channel and a frame at a time. Pixels count by their alpha."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), TARGET.decl()],
        params: vec![SPACE.decl(), AMOUNT.decl(), DEVIATION.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, target) = (cx.fact(IN), cx.fact(TARGET));
    if target.batch != 1 && target.batch != image.batch {
        let message =
            format!("target is a batch of {}, but image of {}", target.batch, image.batch);
        return Err(
            NodeError::at(TARGET, message).hint("give as many targets as pictures, or one for all")
        );
    }
    if cx.param(AMOUNT) as f32 == 0.0 {
        return Ok(Checked::Forward("image"));
    }
    cx.needs(image.bytes() + 3 * frame_bytes(image) + 3 * frame_bytes(target));
    Ok(Checked::Facts(vec![OUT.fact(image)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, target, settings) = (cx.input(IN), cx.input(TARGET), settings(cx.params()));
    let frames = each(cx, image.fact.batch, |i| {
        Ok(match_colour(&image_at(&image, i), &image_at(&target, i), &settings))
    })?;
    Ok(vec![OUT.put(joined(frames))])
}

fn settings(params: Params) -> MatchColour {
    MatchColour {
        space: params.choice(SPACE),
        amount: params.get(AMOUNT) as f32,
        deviation: params.get(DEVIATION),
    }
}
