//! Shows a matte as a picture.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::channel::{colour_image, grey_image};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact, Matte, MatteFact};
use pellucid_value::Value;

/// Where the values of the matte go.
#[derive(Clone, Copy)]
enum Target {
    Grey,
    Alpha,
}

const TARGETS: &[(&str, Target)] = &[("grey", Target::Grey), ("alpha", Target::Alpha)];

const MATTE: In<Matte> = In::new("matte", "The matte to work on.");
const TARGET: Choice<Target> = Choice::new(
    "target",
    &TARGETS,
    "`grey` gives an opaque picture, 0 black and 1 white; `alpha` gives one colour with the matte \
     as its alpha.",
);
const COLOUR: Param<[f32; 4]> = Param::colour(
    "colour",
    [1.0, 1.0, 1.0, 1.0],
    "The colour of target `alpha`; its alpha scales the matte.",
);
const OUT: Out<Image> = Out::new("image", "The picture: opaque as `grey`, straight as `alpha`.");

/// The record of `matte_to_image`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_to_image".into(),
        family: "matte".into(),
        docs: "Shows a matte as a picture: as grey values, or as the alpha of one colour.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MATTE.decl()],
        params: vec![TARGET.decl(), COLOUR.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![mask_to_image()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn mask_to_image() -> ComfyClass {
    ComfyClass::new("MaskToImage", "Convert Mask to Image")
        .input(socket("mask", "MASK").to(MATTE))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let MatteFact { width, height, batch } = cx.fact(MATTE);
    let alpha = match cx.choice(TARGET) {
        Target::Grey => Alpha::Opaque,
        Target::Alpha => Alpha::Straight,
    };
    let fact = ImageFact { width, height, batch, alpha, encoding: Encoding::Srgb };
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let matte = cx.input(MATTE);
    let image = match cx.choice(TARGET) {
        Target::Grey => grey_image(&matte),
        Target::Alpha => colour_image(&matte, cx.param(COLOUR)),
    };
    Ok(vec![OUT.put(image)])
}
