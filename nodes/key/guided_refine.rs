//! Lets the edges of a matte follow those of a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn, Site,
};
use pellucid_pixel::guided::{Guide, GuidedFilter, guided_filter};
use pellucid_pixel::{Image, Matte, MatteFact};
use pellucid_value::Value;

use crate::frames::{each, frame_bytes, image_at, joined_mattes, matte_at};
use crate::sizes::{Sized, meet};

const IN: In<Matte> = In::new("matte", "A rough matte, or a trimap with 0.5 where it is unknown.");
const IMAGE: In<Image> = In::new("image", "The picture whose straight colour guides.");
const GUIDE: Choice<Guide> = Choice::new(
    "guide",
    &Guide::NAMES,
    "`colour` looks at three channels and how they vary together, `grey` at their mean.",
);
const RADIUS: Param<u32> =
    Param::<u32>::int("radius", 8, "Boxes are twice this and 1 pixel wide and high.")
        .range(0, 4096);
const EPS: Param<f64> =
    Param::float("eps", 1e-4, "Variance of the guide that counts as an edge.").range(1e-9, 100.0);
const CLAMP: Param<bool> =
    Param::bool("clamp", true, "Holds the result to 0..1; the filter itself may ring beyond.");
const OUT: Out<Matte> = Out::new("matte", "The matte with the edges of the picture.");

/// The record of `guided_refine`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "guided_refine".into(),
        family: "key".into(),
        docs: "Lets the edges of a matte p follow those of a picture I (guided filter, He and \
               others, 2013): over boxes a = cov(I, p) / (var(I) + eps) and b = mean(p) - \
               a mean(I), then mean(a) I + mean(b). The time does not depend on the radius."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), IMAGE.decl()],
        params: vec![GUIDE.decl(), RADIUS.decl(), EPS.decl(), CLAMP.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (matte, image) = (cx.fact(IN), cx.fact(IMAGE));
    let of_matte = Sized { name: "matte", size: matte.size(), batch: matte.batch };
    let of_image = Sized { name: "image", size: image.size(), batch: image.batch };
    let batch = meet(of_matte, &[(of_image, Site::from(IMAGE))])?;
    // Four f64 a pixel twice over, and a straight copy of the guide.
    cx.needs(5 * frame_bytes(image) + matte.bytes());
    Ok(Checked::Facts(vec![OUT.fact(MatteFact { batch, ..matte })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (matte, image, clamp) = (cx.input(IN), cx.input(IMAGE), cx.param(CLAMP));
    let settings = GuidedFilter {
        guide: cx.choice(GUIDE),
        radius: cx.param(RADIUS),
        eps: cx.param(EPS) as f32,
    };
    let frames = each(cx, matte.fact.batch.max(image.fact.batch), |i| {
        let refined = guided_filter(&image_at(&image, i), &matte_at(&matte, i), &settings)?;
        Ok(if clamp { refined.map(|v| v.clamp(0.0, 1.0)) } else { refined })
    })?;
    Ok(vec![OUT.put(joined_mattes(frames))])
}
