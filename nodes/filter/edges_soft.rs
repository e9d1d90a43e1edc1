//! Finds soft edges.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::edges::{Soft, Source, soft_edges, soft_edges_matte};
use pellucid_value::{Raster, Value};

use super::spread::needs_frames;
use crate::frames::{as_matte, each_image_to_matte, each_matte};

const IN: In<Raster> = In::new("image", "An image or a matte.");
const SOURCE: Choice<Source> = Choice::new(
    "source",
    &Source::NAMES,
    "Where to look in an image: `luma` and `colour` over black, or `alpha`. A matte has only \
     itself.",
);
const SIGMA: Param<f64> =
    Param::float("sigma", 1.0, "Standard deviation of a blur before, in pixels; 0 for none.")
        .range(0.0, 256.0);
const GAIN: Param<f64> = Param::float(
    "gain",
    0.0,
    "What an eighth of the Sobel sum is multiplied by; 0 makes the strongest edge of every \
     picture 1.",
)
.range(0.0, 64.0);
const OUT: Out<Matte> = Out::new("matte", "The strength of the edge at every pixel, 0 to 1.");

/// The record of `edges_soft`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "edges_soft".into(),
        family: "filter".into(),
        docs:
            "Finds soft edges: the length of the Sobel gradient at every pixel, held to 0..1. At \
               gain 1 a step from 0 to 1 gives 0.5 on both sides of it."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SOURCE.decl(), SIGMA.decl(), GAIN.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    needs_frames(cx, fact, 4);
    Ok(Checked::Facts(vec![OUT.fact(as_matte(fact))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = how(cx.params());
    let edges = match cx.input(IN) {
        Raster::Image(image) => each_image_to_matte(cx, &image, |frame| soft_edges(frame, how))?,
        Raster::Matte(matte) => each_matte(cx, &matte, |frame| soft_edges_matte(frame, how))?,
    };
    Ok(vec![OUT.put(edges)])
}

fn how(params: Params) -> Soft {
    Soft {
        source: params.choice(SOURCE),
        sigma: params.get(SIGMA) as f32,
        gain: params.get(GAIN) as f32,
    }
}
