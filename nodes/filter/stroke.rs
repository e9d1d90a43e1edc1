//! Draws a line along the outline of a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::shadow::{Output, StrokeSide, stroke};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{RasterFact, Value};

use super::spread::needs_frames;
use crate::colours::colour_in;
use crate::frames::each_image;

const IMAGE: In<Image> = In::new("image", "The picture that gets the line.");
const WIDTH: Param<f64> =
    Param::float("width", 3.0, "Width of the line in pixels.").range(0.0, 1024.0);
const SIDE: Choice<StrokeSide> = Choice::new(
    "side",
    &StrokeSide::NAMES,
    "`outside` lies below the picture, `centre` and `inside` on it.",
);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [1.0, 1.0, 1.0, 1.0], "Colour and, as alpha, opacity of the line.");
const OUTPUT: Choice<Output> = Choice::new(
    "output",
    &Output::NAMES,
    "`merged` is the picture with the line, `effect_only` the line alone.",
);
const OUT: Out<Image> = Out::new("image", "The picture with its line; premultiplied.");

/// The record of `stroke`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "stroke".into(),
        family: "filter".into(),
        docs: "Draws a line along the outline of a picture's alpha. The line takes the place of \
               the picture's coverage, so soft edges stay as soft as they were. The canvas stays."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGE.decl()],
        params: vec![WIDTH.decl(), SIDE.decl(), COLOUR.decl(), OUTPUT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IMAGE);
    needs_frames(cx, RasterFact::Image(fact), 4);
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Premultiplied, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IMAGE);
    let (width, side, output) = (cx.param(WIDTH) as f32, cx.choice(SIDE), cx.choice(OUTPUT));
    let colour = colour_in(image.fact.encoding, cx.param(COLOUR));
    let lined = each_image(cx, &image, |frame| stroke(frame, width, side, colour, output))?;
    Ok(vec![OUT.put(lined)])
}
