//! Finds thin edges.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::edges::{Canny, Manner, Norm, Source, canny, canny_matte};
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
    Param::float("sigma", 0.0, "Standard deviation of a blur before, in pixels; 0 for none.")
        .range(0.0, 256.0);
const LOW: Param<f64> = Param::float(
    "low",
    0.4,
    "Gradients at most this are no edges; the sum of a Sobel filter over values from 0 to 1.",
)
.range(0.0, 8.0);
const HIGH: Param<f64> = Param::float(
    "high",
    0.8,
    "Gradients above this are edges, and so are those above `low` that touch them.",
)
.range(0.0, 8.0);
const NORM: Choice<Norm> = Choice::new(
    "norm",
    &Norm::NAMES,
    "How a gradient is measured: `l1` is |dx| + |dy|, `l2` the length.",
);
const MANNER: Choice<Manner> = Choice::new(
    "manner",
    &Manner::NAMES,
    "Whose details are followed: in `opencv` one of two equal neighbours is an edge, in `kornia` \
     neither, and the blur is cut off at 5 pixels a side.",
);
const OUT: Out<Matte> = Out::new("matte", "1 on edges, 0 elsewhere.");

/// The record of `edges_canny`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "edges_canny".into(),
        family: "filter".into(),
        docs: "Finds thin edges by Canny's method: Sobel gradients, local maxima along four \
               directions, hysteresis over eight neighbours. OpenCV's thresholds are these times \
               255."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![
            SOURCE.decl(),
            SIGMA.decl(),
            LOW.decl(),
            HIGH.decl(),
            NORM.decl(),
            MANNER.decl(),
        ],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (low, high) = (cx.param(LOW), cx.param(HIGH));
    if low > high {
        return Err(NodeError::at(LOW, format!("low is {low}, but high is only {high}"))
            .hint("exchange the two"));
    }
    let fact = cx.fact(IN);
    needs_frames(cx, fact, 4);
    Ok(Checked::Facts(vec![OUT.fact(as_matte(fact))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = how(cx.params());
    let edges = match cx.input(IN) {
        Raster::Image(image) => each_image_to_matte(cx, &image, |frame| canny(frame, how))?,
        Raster::Matte(matte) => each_matte(cx, &matte, |frame| canny_matte(frame, how))?,
    };
    Ok(vec![OUT.put(edges)])
}

fn how(params: Params) -> Canny {
    Canny {
        source: params.choice(SOURCE),
        sigma: params.get(SIGMA) as f32,
        low: params.get(LOW) as f32,
        high: params.get(HIGH) as f32,
        norm: params.choice(NORM),
        manner: params.choice(MANNER),
    }
}
