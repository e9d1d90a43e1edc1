//! Makes an empty latent.

use pellucid_graph::comfy::{ComfyClass, int, output};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Param, Run, RunFn};
use pellucid_value::{Latent, LatentFact, Value};

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
        inputs: vec![],
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
}

/// Elements that one latent may have.
const MOST_ELEMENTS: u64 = 1 << 31;

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = fact(cx.param(WIDTH), cx.param(HEIGHT), cx.param(BATCH), cx.param(FRAMES));
    if fact.bytes() / 4 > MOST_ELEMENTS {
        let (width, height) = (fact.picture_width(), fact.picture_height());
        let message = format!(
            "{} latents of {} frames for {width}x{height} pixels are more than fit memory",
            fact.batch, fact.frames
        );
        return Err(NodeError::at(WIDTH, message).hint("make it smaller"));
    }
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let fact = fact(cx.param(WIDTH), cx.param(HEIGHT), cx.param(BATCH), cx.param(FRAMES));
    let elements = fact.shape().iter().product();
    Ok(vec![LATENT.put(Latent::new(fact, vec![0.0; elements]))])
}

fn fact(width: u32, height: u32, batch: u32, frames: u32) -> LatentFact {
    LatentFact { frames, ..LatentFact::for_picture(batch, width, height) }
}
