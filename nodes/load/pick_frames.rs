//! Takes consecutive pictures of a batch.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::batch::{image_frame, matte_frame};
use pellucid_pixel::{ImageFact, MatteFact};
use pellucid_value::{Raster, RasterFact, Value};

use crate::frames::{batch_of, each, joined, joined_mattes};

const IN: In<Raster> = In::new("image", "A batch of images or mattes.");
const START: Param<u32> = Param::<u32>::int(
    "start",
    0,
    "The first picture that is taken, counted from 0; beyond the end it is the last.",
)
.range(0, 1_000_000);
const COUNT: Param<u32> =
    Param::<u32>::int("count", 1, "How many are taken, as far as there are.").range(1, 1_000_000);
const OUT: Out<Raster> = Out::new("image", "These pictures as a batch.");

/// The record of `pick_frames`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "pick_frames".into(),
        family: "load".into(),
        docs: "Takes consecutive pictures of a batch, at least one.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![START.decl(), COUNT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_from_batch()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_from_batch() -> ComfyClass {
    ComfyClass::new("ImageFromBatch", "ImageFromBatch")
        .input(socket("image", "IMAGE").to(IN))
        .input(int("batch_index", 0, 0..=4095).to(START))
        .input(int("length", 1, 1..=4096).to(COUNT))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let batch = taken(batch_of(fact), cx.params()).len() as u32;
    if batch == batch_of(fact) {
        return Ok(Checked::Forward("image"));
    }
    let fewer = match fact {
        RasterFact::Image(fact) => RasterFact::Image(ImageFact { batch, ..fact }),
        RasterFact::Matte(fact) => RasterFact::Matte(MatteFact { batch, ..fact }),
    };
    cx.needs(OUT.fact(fewer).bytes());
    Ok(Checked::Facts(vec![OUT.fact(fewer)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let some = match cx.input(IN) {
        Raster::Image(image) => {
            let taken = taken(image.fact.batch, cx.params());
            let frame = |i| Ok(image_frame(&image, taken.start + i));
            Raster::Image(joined(each(cx, taken.len() as u32, frame)?))
        }
        Raster::Matte(matte) => {
            let taken = taken(matte.fact.batch, cx.params());
            let frame = |i| Ok(matte_frame(&matte, taken.start + i));
            Raster::Matte(joined_mattes(each(cx, taken.len() as u32, frame)?))
        }
    };
    Ok(vec![OUT.put(some)])
}

fn taken(batch: u32, params: Params) -> std::ops::Range<u32> {
    range(batch, params.get(START), params.get(COUNT))
}

fn range(batch: u32, start: u32, count: u32) -> std::ops::Range<u32> {
    let start = start.min(batch - 1);
    start..start.saturating_add(count).min(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_the_end_is_not_taken() {
        assert_eq!([range(5, 1, 3), range(5, 3, 9), range(5, 9, 2)], [1..4, 3..5, 4..5]);
    }
}
