//! Keys by difference from a clean plate.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Param, Run, RunFn, Site,
};
use pellucid_pixel::Image;
use pellucid_pixel::key::{DifferenceKey, DifferenceMeasure, difference_key};
use pellucid_value::Value;

use super::keyed::{CUT, MATTE, facts, values};
use crate::sizes::{Sized, meet};

const IN: In<Image> = In::new("image", "The picture.");
const PLATE: In<Image> = In::new("plate", "The same view without the subject: a clean plate.");
const LO: Param<f64> =
    Param::float("lo", 0.05, "Difference up to which a pixel is clear.").range(0.0, 1.0);
const HI: Param<f64> =
    Param::float("hi", 0.2, "Difference from which it is solid; at or below `lo` a hard cut.")
        .range(0.0, 1.0);
const MEASURE: Choice<DifferenceMeasure> = Choice::new(
    "measure",
    &DifferenceMeasure::NAMES,
    "`max` is the greatest difference of a channel, `euclid` is sqrt((dr^2 + dg^2 + db^2) / 3).",
);

/// The record of `difference_key`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "difference_key".into(),
        family: "key".into(),
        docs: "Keeps what differs from a clean plate: the matte is smoothstep(lo, hi, d) of the \
               difference d of straight colour, in the encoding of `image`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), PLATE.decl()],
        params: vec![LO.decl(), HI.decl(), MEASURE.decl()],
        outputs: vec![MATTE.decl(), CUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, plate) = (cx.fact(IN), cx.fact(PLATE));
    let of_image = Sized { name: "image", size: image.size(), batch: image.batch };
    let of_plate = Sized { name: "plate", size: plate.size(), batch: plate.batch };
    let batch = meet(of_image, &[(of_plate, Site::from(PLATE))])?;
    cx.needs(2 * image.bytes() + 2 * plate.bytes());
    Ok(Checked::Facts(facts(image, batch)))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let key = DifferenceKey {
        lo: cx.param(LO) as f32,
        hi: cx.param(HI) as f32,
        measure: cx.choice(MEASURE),
    };
    let matte = difference_key(&image, &cx.input(PLATE), &key)?;
    values(&image, matte)
}
