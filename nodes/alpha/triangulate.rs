//! The exact cut-out of a thing seen on black and on white.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn, Site,
};
use pellucid_pixel::alpha::triangulate;
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::sizes::{Sized, meet};

const BLACK: In<Image> = In::new("black", "The thing on black.");
const WHITE: In<Image> = In::new("white", "The same on white.");
const OUT: Out<Image> =
    Out::new("image", "The cut-out, premultiplied, in the encoding of `black`.");

/// The record of `triangulate`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "triangulate".into(),
        family: "alpha".into(),
        docs: "Cuts out a thing that is seen on black and on white, exactly: \
               a = clamp(1 - mean(white - black)), premultiplied colour = black (Smith and Blinn, \
               1996). Both pictures are taken as opaque."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BLACK.decl(), WHITE.decl()],
        params: vec![],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (black, white) = (cx.fact(BLACK), cx.fact(WHITE));
    let of_black = Sized { name: "black", size: black.size(), batch: black.batch };
    let of_white = Sized { name: "white", size: white.size(), batch: white.batch };
    let batch = meet(of_black, &[(of_white, Site::from(WHITE))])?;
    cx.needs(black.bytes() + 2 * white.bytes());
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { batch, alpha: Alpha::Premultiplied, ..black })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(triangulate(&cx.input(BLACK), &cx.input(WHITE))?)])
}
