//! Takes every so many pictures of a batch.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Image, ImageFact};
use pellucid_value::Value;

const IMAGE_IN: In<Image> = In::new("image", "A batch of pictures.");
const FIRST: Param<u32> =
    Param::<u32>::int("first", 0, "The first to take, from 0.").range(0, 4095);
const STEP: Param<u32> = Param::<u32>::int("step", 3, "From one to the next.").range(1, 4096);
const IMAGE: Out<Image> = Out::new("image", "The pictures taken.");

/// The record of `every_nth`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "every_nth".into(),
        family: "layer_diffusion".into(),
        docs: "Takes every so many pictures of a batch, such as all foregrounds of layers that follow each other.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGE_IN.decl()],
        params: vec![FIRST.decl(), STEP.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, first) = (cx.fact(IMAGE_IN), cx.param(FIRST));
    if first >= image.batch {
        let message = format!("there are {} pictures; there is no number {first}", image.batch);
        return Err(NodeError::at(FIRST, message).hint("count from 0"));
    }
    let batch = (image.batch - first).div_ceil(cx.param(STEP));
    if batch == image.batch {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![IMAGE.fact(ImageFact { batch, ..image })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IMAGE_IN);
    let taken = (cx.param(FIRST)..image.fact.batch).step_by(cx.param(STEP) as usize);
    let pixels: Vec<[f32; 4]> =
        taken.clone().flat_map(|frame| image.frame(frame)).copied().collect();
    let fact = ImageFact { batch: taken.count() as u32, ..image.fact };
    Ok(vec![IMAGE.put(Image::new(fact, pixels))])
}
