//! Puts two pictures side by side.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::interpolate::{Scheme, interpolate, interpolate_fact};
use pellucid_pixel::stitch::{Neighbour, Stitch, stitch, stitch_fact};
use pellucid_pixel::{Image, ImageFact};
use pellucid_value::Value;

use crate::colours::colour_in;
use crate::frames::{each, frame_bytes, image_at, joined};
use crate::limits::admit;

const A: In<Image> = In::new("a", "The first picture.");
const B: In<Image> = In::new("b", "The picture put at its side.");
const SIDE: Choice<Neighbour> =
    Choice::new("side", &Neighbour::NAMES, "On which side of `a` the picture `b` lies.");
const MATCH: Param<bool> = Param::bool(
    "match_size",
    true,
    "Scale `b` in proportion (8-bit Lanczos) so that it is as long as the side it lies at.",
);
const GAP: Param<u32> =
    Param::<u32>::int("gap", 0, "Pixels between the two, rounded up to an even number.")
        .range(0, 16384);
const GAP_COLOUR: Param<[f32; 4]> =
    Param::colour("gap_colour", [1.0, 1.0, 1.0, 1.0], "The colour between the two; straight.");
const PADDING: Param<[f32; 4]> = Param::colour(
    "padding",
    [0.0, 0.0, 0.0, 0.0],
    "What lies beside the smaller picture, which is in the middle; straight.",
);
const OUT: Out<Image> = Out::new(
    "image",
    "Both pictures, in the encoding of `a`: opaque where all that is seen is, else straight.",
);

/// The record of `stitch`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "stitch".into(),
        family: "transform".into(),
        docs: "Puts two pictures side by side. The shorter batch goes on with its last picture."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![SIDE.decl(), MATCH.decl(), GAP.decl(), GAP_COLOUR.decl(), PADDING.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, b) = (cx.fact(A), cx.fact(B));
    let how = how(a, cx.params());
    let b = match matched(a, b, cx.params()) {
        Some((width, height)) => {
            let (width, height) = admit(width, height, MATCH)?;
            interpolate_fact(&b, width, height, Scheme::Lanczos8Bit)
        }
        None => b,
    };
    let fact = stitch_fact(&a, &b, how);
    admit(fact.width.into(), fact.height.into(), GAP)?;
    cx.needs(2 * frame_bytes(fact) + 2 * frame_bytes(b));
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (a, b) = (cx.input(A), cx.input(B));
    let how = how(a.fact, cx.params());
    let size = matched(a.fact, b.fact, cx.params());
    let frames = each(cx, a.fact.batch.max(b.fact.batch), |index| {
        let b = image_at(&b, index);
        let b = match size {
            Some((width, height)) => {
                interpolate(&b, width as u32, height as u32, Scheme::Lanczos8Bit)
            }
            None => b,
        };
        Ok(stitch(&image_at(&a, index), &b, how))
    })?;
    Ok(vec![OUT.put(joined(frames))])
}

fn how(a: ImageFact, params: Params) -> Stitch {
    Stitch {
        side: params.choice(SIDE),
        gap: params.get(GAP).next_multiple_of(2),
        gap_colour: colour_in(a.encoding, params.get(GAP_COLOUR)),
        padding: colour_in(a.encoding, params.get(PADDING)),
    }
}

/// The size `b` is scaled to, if it is; what is left over of a pixel is dropped.
fn matched(a: ImageFact, b: ImageFact, params: Params) -> Option<(u64, u64)> {
    let aspect = f64::from(b.width) / f64::from(b.height);
    params.get(MATCH).then(|| {
        if params.choice(SIDE).is_beside() {
            ((f64::from(a.height) * aspect).max(1.0) as u64, a.height.into())
        } else {
            (a.width.into(), (f64::from(a.width) / aspect).max(1.0) as u64)
        }
    })
}
