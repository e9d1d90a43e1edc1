//! Takes one picture of a batch.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::batch::{image_frame, matte_frame};
use pellucid_pixel::{ImageFact, MatteFact};
use pellucid_value::{Raster, RasterFact, Value};

use crate::frames::batch_of;

const IN: In<Raster> = In::new("image", "A batch of images or mattes.");
const INDEX: Param<i32> =
    Param::<i32>::int("index", 0, "Which picture: 0 is the first, -1 the last.")
        .range(-1_000_000, 1_000_000);
const OUT: Out<Raster> = Out::new("image", "The one picture.");

/// The record of `pick_frame`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "pick_frame".into(),
        family: "load".into(),
        docs: "Takes one picture of a batch.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![INDEX.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    frame(cx.param(INDEX), batch_of(fact))?;
    if batch_of(fact) == 1 {
        return Ok(Checked::Forward("image"));
    }
    let one = match fact {
        RasterFact::Image(fact) => RasterFact::Image(ImageFact { batch: 1, ..fact }),
        RasterFact::Matte(fact) => RasterFact::Matte(MatteFact { batch: 1, ..fact }),
    };
    Ok(Checked::Facts(vec![OUT.fact(one)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let index = cx.param(INDEX);
    let picked = match cx.input(IN) {
        Raster::Image(image) => Raster::Image(image_frame(&image, frame(index, image.fact.batch)?)),
        Raster::Matte(matte) => Raster::Matte(matte_frame(&matte, frame(index, matte.fact.batch)?)),
    };
    Ok(vec![OUT.put(picked)])
}

fn frame(index: i32, batch: u32) -> Result<u32, NodeError> {
    let batch = i64::from(batch);
    let from_start = if index < 0 { batch + i64::from(index) } else { i64::from(index) };
    if (0..batch).contains(&from_start) {
        return Ok(from_start as u32);
    }
    let message = format!("index is {index}, but the batch has {batch} pictures");
    let last = batch - 1;
    Err(NodeError::at(INDEX, message).hint(format!("it may be from -{batch} to {last}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_indices_count_from_the_end() {
        assert_eq!((frame(0, 3), frame(-1, 3), frame(-3, 3)), (Ok(0), Ok(2), Ok(0)));
        assert!(frame(3, 3).is_err() && frame(-4, 3).is_err());
    }
}
