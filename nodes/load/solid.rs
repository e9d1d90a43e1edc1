//! Makes a picture of one colour.

use pellucid_graph::comfy::{ComfyClass, int, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, NodeError, NodeKind, OptIn, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Raster, Value};

use crate::transform::scaling::size_of;

const LIKE: OptIn<Raster> =
    OptIn::new("like", "A picture whose size it is to have, instead of the params.");
const WIDTH: Param<u32> = Param::<u32>::int("width", 512, "Width in pixels.").range(1, 16384);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 512, "Height in pixels.").range(1, 16384);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.5, 0.5, 0.5, 1.0], "The colour; with alpha below 1 it is straight.");
const BATCH: Param<u32> =
    Param::<u32>::int("batch", 1, "How many pictures of it there are.").range(1, 4096);
const IMAGE: Out<Image> = Out::new("image", "The picture; opaque when the colour is.");

/// The record of `solid`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "solid".into(),
        family: "load".into(),
        docs: "Makes a picture of one colour.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LIKE.decl()],
        params: vec![WIDTH.decl(), HEIGHT.decl(), COLOUR.decl(), BATCH.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![empty_image()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn empty_image() -> ComfyClass {
    ComfyClass::new("EmptyImage", "EmptyImage")
        .input(int("width", 512, 1..=16384).to(WIDTH))
        .input(int("height", 512, 1..=16384).to(HEIGHT))
        .input(int("batch_size", 1, 1..=4096).to(BATCH))
        .input(int("color", 0, 0..=0xFF_FFFF).as_colour().to(COLOUR))
        .output(output("IMAGE").from(IMAGE))
        .sized_like("solid", LIKE)
}

fn fact(like: Option<(u32, u32)>, params: Params) -> ImageFact {
    let alpha = if params.get(COLOUR)[3] == 1.0 { Alpha::Opaque } else { Alpha::Straight };
    let batch = params.get(BATCH);
    let (width, height) = like.unwrap_or((params.get(WIDTH), params.get(HEIGHT)));
    ImageFact { batch, ..ImageFact::new(width, height, alpha) }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![IMAGE.fact(fact(cx.given(LIKE).map(|like| like.size()), cx.params()))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let fact = fact(cx.given(LIKE).map(|like| size_of(&like)), cx.params());
    Ok(vec![IMAGE.put(Image::filled(fact, cx.param(COLOUR)))])
}
