//! The negative.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::{colour, morphology};
use pellucid_value::{Raster, Value};

const IN: In<Raster> = In::new("image", "A picture or a matte.");
const OUT: Out<Raster> = Out::new("image", "Its negative.");

/// The record of `invert`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "invert".into(),
        family: "colour".into(),
        docs:
            "Gives the negative: 1 - v of straight colour, in the encoding of the picture; alpha \
               stays. Of a matte it exchanges inside and outside."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![],
        outputs: vec![OUT.decl()],
        comfy: vec![image_invert()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_invert() -> ComfyClass {
    ComfyClass::new("ImageInvert", "Invert Image")
        .input(socket("image", "IMAGE").to(IN))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let negative = match cx.input(IN) {
        Raster::Image(image) => Raster::Image(colour::invert(&image)),
        Raster::Matte(matte) => Raster::Matte(morphology::invert(&matte)),
    };
    Ok(vec![OUT.put(negative)])
}
