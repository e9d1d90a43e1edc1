//! Lets a picture glow around or inside its outline.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::shadow::{Output, Shadow, drop_shadow, inner_shadow};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact};
use pellucid_value::{RasterFact, Value};

use super::spread::needs_frames;
use crate::colours::colour_in;
use crate::frames::each_image;

/// On which side of the outline the glow lies.
#[derive(Clone, Copy)]
enum Side {
    Outer,
    Inner,
}

const SIDES: &[(&str, Side)] = &[("outer", Side::Outer), ("inner", Side::Inner)];

const IMAGE: In<Image> = In::new("image", "The picture that glows.");
const SIDE: Choice<Side> = Choice::new(
    "side",
    &SIDES,
    "`outer` lies behind the picture, `inner` on it, along its outline.",
);
const SIGMA: Param<f64> =
    Param::float("sigma", 6.0, "Softness: standard deviation of the blur, in pixels.")
        .range(0.0, 4096.0);
const SPREAD: Param<f64> = Param::float(
    "spread",
    0.0,
    "Pixels by which the glow grows, or shrinks, before it is blurred.",
)
.range(-1024.0, 1024.0);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [1.0, 1.0, 0.75, 0.75], "Colour and, as alpha, opacity of the glow.");
const OUTPUT: Choice<Output> = Choice::new(
    "output",
    &Output::NAMES,
    "`merged` is the picture with the glow, `effect_only` the glow alone.",
);
const OUT: Out<Image> = Out::new("image", "The picture with its glow; premultiplied.");

/// The record of `glow`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "glow".into(),
        family: "filter".into(),
        docs: "Lets a picture glow around its outline, or inside it: its alpha, or what that \
               leaves open, grown and blurred, in one colour. An inner glow keeps the alpha of \
               the picture. The canvas stays."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGE.decl()],
        params: vec![SIDE.decl(), SIGMA.decl(), SPREAD.decl(), COLOUR.decl(), OUTPUT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IMAGE);
    needs_frames(cx, RasterFact::Image(fact), 3);
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Premultiplied, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IMAGE);
    let (glow, output) = (glow(cx.params(), image.fact.encoding), cx.choice(OUTPUT));
    let glowing = match cx.choice(SIDE) {
        Side::Outer => each_image(cx, &image, |frame| drop_shadow(frame, glow, output))?,
        Side::Inner => each_image(cx, &image, |frame| inner_shadow(frame, glow, output))?,
    };
    Ok(vec![OUT.put(glowing)])
}

/// A glow is a shadow that is not shifted.
fn glow(params: Params, encoding: Encoding) -> Shadow {
    Shadow {
        dx: 0.0,
        dy: 0.0,
        sigma: params.get(SIGMA) as f32,
        spread: params.get(SPREAD) as f32,
        colour: colour_in(encoding, params.get(COLOUR)),
    }
}
