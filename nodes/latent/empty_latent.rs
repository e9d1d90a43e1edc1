//! Makes an empty latent.

use pellucid_graph::comfy::{ComfyClass, int, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, NodeError, NodeKind, OptIn, Out, Param, Params, Run, RunFn,
};
use pellucid_value::{Latent, LatentFact, Raster, Value};

use crate::transform::scaling::size_of;

const LIKE: OptIn<Raster> =
    OptIn::new("like", "A picture whose size it is to have, instead of the params.");

const WIDTH: Param<u32> = Param::<u32>::int(
    "width",
    512,
    "Width of the picture in pixels; what is left over from a multiple of 8 is dropped.",
)
.range(8, 32768);
const HEIGHT: Param<u32> = Param::<u32>::int(
    "height",
    512,
    "Height of the picture in pixels; what is left over from a multiple of 8 is dropped.",
)
.range(8, 32768);
const BATCH: Param<u32> = Param::<u32>::int("batch", 1, "How many pictures.").range(1, 4096);
const FRAMES: Param<u32> = Param::<u32>::int(
    "frames",
    1,
    "How many layers of each picture are drawn together; more than 1 only for models whose frames \
     share their attentions.",
)
.range(1, 16);
const LATENT: Out<Latent> = Out::new("latent", "All zeros.");

/// The record of `empty_latent`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "empty_latent".into(),
        family: "latent".into(),
        docs: "Makes a latent of zeros to draw a picture in from nothing.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LIKE.decl()],
        params: vec![WIDTH.decl(), HEIGHT.decl(), BATCH.decl(), FRAMES.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![empty_latent_image()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn empty_latent_image() -> ComfyClass {
    ComfyClass::new("EmptyLatentImage", "Empty Latent Image")
        .input(int("width", 512, 16..=16384).to(WIDTH))
        .input(int("height", 512, 16..=16384).to(HEIGHT))
        .input(int("batch_size", 1, 1..=4096).to(BATCH))
        .output(output("LATENT").from(LATENT))
        .sized_like("empty_latent", LIKE)
}

/// Elements that one latent may have.
const MOST_ELEMENTS: u64 = 1 << 31;

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = fact(cx.given(LIKE).map(|like| like.size()), cx.params());
    if fact.width == 0 || fact.height == 0 {
        let (width, height) = cx.given(LIKE).map(|like| like.size()).unwrap_or_default();
        let message = format!("a latent needs 8x8 pixels, but the picture has {width}x{height}");
        return Err(NodeError::at(LIKE, message).hint("scale the picture up first"));
    }
    if fact.bytes() / 4 > MOST_ELEMENTS {
        let (width, height) = (fact.picture_width(), fact.picture_height());
        let message = format!(
            "{} latents of {} frames for {width}x{height} pixels are more than fit memory",
            fact.batch, fact.frames
        );
        let error = NodeError::new(message).hint("make it smaller");
        return Err(if cx.given(LIKE).is_some() { error.about(LIKE) } else { error.about(WIDTH) });
    }
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let fact = fact(cx.given(LIKE).map(|like| size_of(&like)), cx.params());
    let elements = fact.shape().iter().product();
    Ok(vec![LATENT.put(Latent::new(fact, vec![0.0; elements]))])
}

fn fact(like: Option<(u32, u32)>, params: Params) -> LatentFact {
    let (width, height) = like.unwrap_or((params.get(WIDTH), params.get(HEIGHT)));
    let frames = params.get(FRAMES);
    LatentFact { frames, ..LatentFact::for_picture(params.get(BATCH), width, height) }
}
