//! Casts a shadow behind a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::shadow::{Output, Shadow, drop_shadow};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact};
use pellucid_value::{RasterFact, Value};

use super::spread::needs_frames;
use crate::colours::colour_in;
use crate::frames::each_image;

const IMAGE: In<Image> = In::new("image", "The picture that casts the shadow.");
const DX: Param<f64> =
    Param::float("dx", 4.0, "Pixels the shadow lies to the right.").range(-16384.0, 16384.0);
const DY: Param<f64> =
    Param::float("dy", 4.0, "Pixels the shadow lies below.").range(-16384.0, 16384.0);
const SIGMA: Param<f64> = Param::float(
    "sigma",
    4.0,
    "Softness: standard deviation of the blur, in pixels (half of a CSS blur radius).",
)
.range(0.0, 4096.0);
const SPREAD: Param<f64> = Param::float(
    "spread",
    0.0,
    "Pixels by which the silhouette grows, or shrinks, before it is blurred.",
)
.range(-1024.0, 1024.0);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.0, 0.0, 0.0, 0.6], "Colour and, as alpha, opacity of the shadow.");
const OUTPUT: Choice<Output> = Choice::new(
    "output",
    &Output::NAMES,
    "`merged` has the shadow below the picture, `effect_only` is the shadow alone.",
);
const OUT: Out<Image> = Out::new("image", "The picture with its shadow; premultiplied.");

/// The record of `drop_shadow`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "drop_shadow".into(),
        family: "filter".into(),
        docs: "Casts a shadow behind a picture: its alpha, grown, blurred, shifted, in one \
               colour. The canvas stays: put a `pad` node in front where the shadow should reach \
               beyond it."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGE.decl()],
        params: vec![
            DX.decl(),
            DY.decl(),
            SIGMA.decl(),
            SPREAD.decl(),
            COLOUR.decl(),
            OUTPUT.decl(),
        ],
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
    let (shadow, output) = (shadow(cx.params(), image.fact.encoding), cx.choice(OUTPUT));
    Ok(vec![OUT.put(each_image(cx, &image, |frame| drop_shadow(frame, shadow, output))?)])
}

fn shadow(params: Params, encoding: Encoding) -> Shadow {
    Shadow {
        dx: params.get(DX) as f32,
        dy: params.get(DY) as f32,
        sigma: params.get(SIGMA) as f32,
        spread: params.get(SPREAD) as f32,
        colour: colour_in(encoding, params.get(COLOUR)),
    }
}
