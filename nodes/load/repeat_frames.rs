//! Repeats a batch.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Image, ImageFact, Matte, MatteFact};
use pellucid_value::{Raster, RasterFact, Value};

use crate::frames::batch_of;

/// Pictures in a batch.
const MOST_FRAMES: u32 = 1_000_000;

const IN: In<Raster> = In::new("image", "Images or mattes.");
const TIMES: Param<u32> =
    Param::<u32>::int("times", 2, "How many times all pictures are in the result.").range(1, 4096);
const OUT: Out<Raster> = Out::new("image", "All pictures, then all pictures again, and so on.");

/// The record of `repeat_frames`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "repeat_frames".into(),
        family: "load".into(),
        docs: "Repeats a picture, or a batch as a whole. A single picture needs no repeating to \
               meet a batch: nodes do that by themselves."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![TIMES.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![repeat_image_batch()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn repeat_image_batch() -> ComfyClass {
    ComfyClass::new("RepeatImageBatch", "RepeatImageBatch")
        .input(socket("image", "IMAGE").to(IN))
        .input(int("amount", 1, 1..=4096).to(TIMES))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (fact, times) = (cx.fact(IN), cx.param(TIMES));
    if times == 1 {
        return Ok(Checked::Forward("image"));
    }
    let batch = batch_of(fact).saturating_mul(times);
    if batch > MOST_FRAMES {
        let message =
            format!("the result would have {batch} pictures, but {MOST_FRAMES} are the most");
        return Err(NodeError::at(TIMES, message).hint("repeat it fewer times"));
    }
    let more = match fact {
        RasterFact::Image(fact) => RasterFact::Image(ImageFact { batch, ..fact }),
        RasterFact::Matte(fact) => RasterFact::Matte(MatteFact { batch, ..fact }),
    };
    Ok(Checked::Facts(vec![OUT.fact(more)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let times = cx.param(TIMES);
    let repeated = match cx.input(IN) {
        Raster::Image(image) => {
            let fact = ImageFact { batch: image.fact.batch * times, ..image.fact };
            Raster::Image(Image::new(fact, image.pixels.repeat(times as usize)))
        }
        Raster::Matte(matte) => {
            let fact = MatteFact { batch: matte.fact.batch * times, ..matte.fact };
            Raster::Matte(Matte::new(fact, matte.values.repeat(times as usize)))
        }
    };
    Ok(vec![OUT.put(repeated)])
}
