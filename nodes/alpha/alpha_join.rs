//! Gives a picture a matte as its alpha.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn, Site,
};
use pellucid_pixel::alpha::{Join, join};
use pellucid_pixel::{Alpha, Image, ImageFact, Matte};
use pellucid_value::Value;

use crate::sizes::{Sized, meet};

const IN: In<Image> = In::new("image", "The picture.");
const MATTE: In<Matte> = In::new("matte", "What becomes alpha: 0 is clear, 1 is solid.");
const HOW: Choice<Join> = Choice::new(
    "how",
    &Join::NAMES,
    "`replace` forgets the alpha that is there, `multiply` keeps what both keep.",
);
const OUT: Out<Image> = Out::new("image", "The picture with its new alpha, straight.");

/// The record of `alpha_join`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "alpha_join".into(),
        family: "alpha".into(),
        docs: "Gives a picture a matte as its alpha: a' = m, or a' = m * a. Straight colour is \
               unchanged, also where it becomes clear."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), MATTE.decl()],
        params: vec![HOW.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, matte) = (cx.fact(IN), cx.fact(MATTE));
    let of_image = Sized { name: "image", size: image.size(), batch: image.batch };
    let of_matte = Sized { name: "matte", size: matte.size(), batch: matte.batch };
    let batch = meet(of_image, &[(of_matte, Site::from(MATTE))])?;
    let fact = ImageFact { batch, alpha: Alpha::Straight, ..image };
    if image.alpha == Alpha::Premultiplied || batch > image.batch {
        cx.needs(fact.bytes());
    }
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN).straight();
    Ok(vec![OUT.put(join(&image, &cx.input(MATTE), cx.choice(HOW))?)])
}
