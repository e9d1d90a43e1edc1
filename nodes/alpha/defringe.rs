//! Takes the old background out of soft edges.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::alpha::{Defringe, DefringeMethod, defringe};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::frames::{each_image, frame_bytes};

const IN: In<Image> = In::new(
    "image",
    "A cut-out whose soft pixels still have their old background in their colour.",
);
const METHOD: Choice<DefringeMethod> = Choice::new(
    "method",
    &DefringeMethod::NAMES,
    "`estimate` solves for the foreground over the whole picture; `nearest` takes the colour of \
     the nearest solid pixel.",
);
const WIDTH: Param<f64> = Param::float(
    "width",
    8.0,
    "Soft pixels further than this from a solid one are left alone, in pixels; `nearest` only.",
)
.range(0.0, 65535.0);
const SOLID: Param<f64> =
    Param::float("solid", 0.99, "Alpha from which a pixel counts as solid; `nearest` only.")
        .range(0.0, 1.0);
const OUT: Out<Image> = Out::new("image", "The cut-out with clean colour at its edges, straight.");

/// The record of `defringe`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "defringe".into(),
        family: "alpha".into(),
        docs: "Replaces the colour of soft pixels, 0 < a < 1, by clean foreground colour. Their \
               straight colour is taken for what a camera saw, a F + (1 - a) B; alpha and all \
               solid and clear pixels are unchanged, bit for bit."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![METHOD.decl(), WIDTH.decl(), SOLID.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if fact.alpha == Alpha::Opaque {
        return Ok(Checked::Forward("image"));
    }
    cx.needs(fact.bytes() + 7 * frame_bytes(fact));
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Straight, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, settings) = (cx.input(IN), settings(cx.params()));
    Ok(vec![OUT.put(each_image(cx, &image, |frame| defringe(frame, &settings))?)])
}

fn settings(params: Params) -> Defringe {
    Defringe {
        method: params.choice(METHOD),
        width: params.get(WIDTH) as f32,
        solid: params.get(SOLID) as f32,
        ..Defringe::default()
    }
}
